"""Mailboxes: what is written of them, what is unsound, and what both engines are told."""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.model.boxes import mail_addresses, mailbox_at, mailboxes
from controlplane.model.checks import check
from controlplane.model.mailbox import Limits, Notify
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.asterisk.mailboxes import tenant_mailboxes
from controlplane.render.freeswitch.directory import mailbox_users
from controlplane.routing.stored import state_of


def system(voicemail: Any, **more: Any) -> PhoneSystem:
    lines = {"101": {"user": "ada", "voicemail": voicemail}, "150": {}}
    users = {"ada": {"email": ["ada@acme.example", "ada@home.example"]}}
    return PhoneSystem.model_validate({"tenant": "acme", "lines": lines, "users": users, **more})


def test_mail_goes_to_the_boxes_own_addresses_or_else_to_its_user() -> None:
    assert mail_addresses(system({}), "101") == ("ada@acme.example", "ada@home.example")
    assert mail_addresses(system({"email": "box@acme.example"}), "101") == ("box@acme.example",)
    assert mail_addresses(system(False), "101") == ()
    assert mail_addresses(system({}), "150") == ()


def test_all_mailboxes_that_are_on() -> None:
    found = system({}, mailboxes={"600": {}, "601": {"enabled": False}})
    assert [key for key, _ in mailboxes(found)] == ["101", "600"]
    assert mailbox_at(found, "601") is None
    assert mailbox_at(found, "600") is not None


UNSOUND = {
    "nobody is told": (
        {"voicemail": {"notify": "link"}},
        "acme/lines/102/voicemail/notify",
        "it has no e-mail address",
    ),
    "nothing attached": (
        {"voicemail": {"notify": "none", "after_mail": "trash"}},
        "acme/lines/102/voicemail/after_mail",
        "is not in the mail",
    ),
    "0 leads to itself": (
        {"voicemail": {"operator": "mailbox/102"}},
        "acme/lines/102/voicemail/operator",
        "leads to mailbox 102 again",
    ),
    "operator is not there": (
        {"voicemail": {"operator": "line/999"}},
        "acme/lines/102/voicemail/operator",
        "there is no line '999'",
    ),
    "less than a message": (
        {"voicemail": {"limits": {"megabytes": 1}}},
        "acme/lines/102/voicemail/limits/megabytes",
        "1 MB hold 65 s",
    ),
}


@pytest.mark.parametrize(("line", "address", "message"), UNSOUND.values(), ids=UNSOUND)
def test_what_is_unsound_is_one_fault_with_a_mend(
    line: dict[str, Any], address: str, message: str
) -> None:
    found = check(PhoneSystem.model_validate({"tenant": "acme", "lines": {"102": line}}))
    assert [(item.address, message in item.message) for item in found] == [(address, True)]
    assert found[0].mend


def test_limits_of_bytes_are_seconds_of_sound() -> None:
    assert Limits().total_seconds == 30_000
    assert Limits(megabytes=50).total_seconds == 50 * 2**20 // 16_000


def test_each_engine_is_told_what_differs_from_its_defaults() -> None:
    plain = system({})
    assert "101 => -no-pin,Extension 101\n" in tenant_mailboxes(plain)
    assert '<user id="101"></user>' in mailbox_users(plain)
    full = system(
        {
            "operator": "line/150",
            "announce_time": False,
            "announce_caller": True,
            "newest_first": True,
            "limits": {"messages": 40, "seconds": 120, "megabytes": 50},
        }
    )
    options = "operator=yes|envelope=no|saycid=yes|maxsecs=120|maxmsg=27"
    assert f"101 => -no-pin,Extension 101,,,{options}\n" in tenant_mailboxes(full)
    user = mailbox_users(full)
    assert '<param name="vm-operator-extension" value="operator"/>' in user
    assert '<param name="vm-disk-quota" value="3276"/>' in user
    assert '<variable name="cp_profile" value="newest-plain-120"/>' in user
    assert state_of(full)["mailbox/101/operator"] == "line/150"


def test_forms_that_attach() -> None:
    assert [form.value for form in Notify if form.attaches] == ["attachment", "brief-attachment"]
