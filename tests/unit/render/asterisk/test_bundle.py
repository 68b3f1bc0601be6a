"""The whole bundle: what is in it, that it is stable, and that nothing hostile gets out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from controlplane.diagnostics import Faults
from controlplane.render.asterisk import render
from controlplane.render.asterisk.parts import ACCOUNTS, DIALPLAN, MAILBOXES, PARTS, needs_restart
from tests.unit.render.asterisk.office import ENGINE, view

GOLDEN = Path(__file__).parents[3] / "golden" / "asterisk"
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"
BIDI = "\u202e"
NAME = f'A";b,c${{SHELL(id)}}{BIDI} <x> $[1]'


def test_golden_files() -> None:
    """`UPDATE_GOLDEN=1 pytest …` writes them anew."""
    bundle = render([view()], ENGINE)
    found = {str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("*") if path.is_file()}
    if UPDATE:
        for name in found:
            (GOLDEN / name).unlink()
        for name, content in bundle.files.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_text(content, encoding="utf-8")
        stored = "".join(f"{key} = {value}\n" for key, value in bundle.store.items())
        (GOLDEN / "store.txt").write_text(stored, encoding="utf-8")
    for name, content in bundle.files.items():
        assert (GOLDEN / name).read_text(encoding="utf-8") == content, name
    assert UPDATE or found == {*bundle.files, "store.txt"}
    stored = (GOLDEN / "store.txt").read_text(encoding="utf-8")
    assert dict(line.split(" = ", 1) for line in stored.splitlines()) == bundle.store


def test_the_order_of_tenants_and_of_their_objects_changes_nothing() -> None:
    first, second = view("acme"), view("beta")
    assert render([first, second], ENGINE) == render([second, first], ENGINE)


def test_a_base_bundle_has_no_tenant_and_all_an_engine_needs() -> None:
    base = render([], ENGINE)
    whole = render([view()], ENGINE)
    assert base.store == {}
    assert {name for name in whole.files if "acme" not in name} == set(base.files)
    assert not any("#include extensions/acme" in text for text in base.files.values())


def test_every_included_file_is_there() -> None:
    bundle = render([view("acme"), view("marker")], ENGINE)
    for name, content in bundle.files.items():
        for line in content.splitlines():
            if line.startswith("#include "):
                assert line.removeprefix("#include ") in bundle.files, (name, line)


def test_a_change_of_one_kind_touches_the_part_of_that_kind_only() -> None:
    before = render([view()], ENGINE).files
    ring = render([view(lines={"101": {"ring": 21}, "102": {}, "103": {}})], ENGINE).files
    changed = {name for name in before if before[name] != ring[name]}
    assert changed <= {name for name in before if DIALPLAN.has(name) or MAILBOXES.has(name)}
    assert ACCOUNTS.digest(before) == ACCOUNTS.digest(ring)
    assert DIALPLAN.digest(before) != DIALPLAN.digest(ring)


def test_a_login_is_in_no_file() -> None:
    there = view(handsets={"A1": {"line": "101"}, "B1": {"login": "102"}, "X1": {}})
    here = view(handsets={"A1": {"line": "101"}, "B1": {}, "X1": {"login": "102"}})
    assert render([there], ENGINE).files == render([here], ENGINE).files
    assert render([there], ENGINE).store != render([here], ENGINE).store


def test_state_is_in_no_file() -> None:
    flipped = view(
        lines={
            "101": {"user": "ada", "ring": 20, "do_not_disturb": True},
            "102": {"user": "bob", "forward": {"busy": "line/101"}, "voicemail": {}},
            "103": {},
        }
    )
    plain = view(
        lines={
            "101": {"user": "ada", "ring": 20},
            "102": {"user": "bob", "voicemail": {}},
            "103": {},
        }
    )
    assert render([flipped], ENGINE).files == render([plain], ENGINE).files
    assert render([flipped], ENGINE).store != render([plain], ENGINE).store


def test_each_part_holds_the_digest_that_the_engine_is_to_report() -> None:
    files = render([view()], ENGINE).files
    for part in PARTS:
        assert part.digest(files) in files[part.marker]
        others = [name for name in files if name != part.marker]
        assert not any(part.digest(files) in files[name] for name in others)


def test_files_of_no_part_need_a_restart() -> None:
    files = render([view()], ENGINE).files
    assert {"modules.conf", "http.conf", "asterisk.conf"} <= set(needs_restart(files))
    assert not any("/" in name for name in needs_restart(files))


def test_hostile_names_stay_in_their_values() -> None:
    hostile = view(
        users={"ada": {"first": NAME, "last": "x"}, "bob": {"first": "Bob"}},
        groups={"g": {"members": ["101"], "caller_name_prefix": NAME}},
    )
    plain = view(
        users={"ada": {"first": "Ada"}, "bob": {"first": "Bob"}}, groups={"g": {"members": ["101"]}}
    )
    bundle = render([hostile], ENGINE)
    for name, content in render([plain], ENGINE).files.items():
        if not MAILBOXES.has(name):
            assert bundle.files[name] == content, name
    assert bundle.store["cp/acme/line/101/name"] == f"{NAME} x"
    assert bundle.store["cp/acme/group/g/prefix"] == NAME


def test_a_hostile_name_of_a_mailbox_adds_no_field_and_no_line() -> None:
    lines = {"101": {}, "102": {"label": [NAME], "voicemail": {}}, "103": {}}
    [_, first, _] = (
        render([view(lines=lines)], ENGINE).files["voicemail/acme.boxes.conf"].splitlines()
    )
    assert first == '102 => -no-pin,A"\\;b c${SHELL(id)} <x> $[1]'


def test_passwords_are_escaped_and_in_no_other_file() -> None:
    bundle = render([view()], ENGINE)
    assert "password = pass\\;A1\n" in bundle.files["pjsip/acme.handsets.conf"]
    assert "password = s\\;cret\n" in bundle.files["pjsip/acme.trunks.conf"]
    holders = {name for name, text in bundle.files.items() if "pass\\;" in text}
    assert holders == {"pjsip/acme.handsets.conf"}
    assert not any("pass;" in value for value in bundle.store.values())


def test_a_password_that_cannot_be_held_is_named_and_not_shown() -> None:
    trunks = {"up": {"host": "192.0.2.1", "username": "a", "password": " s3cret"}}
    with pytest.raises(Faults) as caught:
        render([view(trunks=trunks)], ENGINE)
    assert "acme/trunks/up/password" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_tenant_whose_voicemail_would_be_a_section_of_asterisk() -> None:
    with pytest.raises(Faults, match="general"):
        render([view("general")], ENGINE)


def test_phones_of_a_line_are_stored_as_what_is_dialled() -> None:
    handsets = {"A1": {"line": "101"}, "A2": {"line": "101"}}
    store = render([view(handsets=handsets)], ENGINE).store
    assert store["cp/acme/line/101/phones"] == "PJSIP/acme.A1&PJSIP/acme.A2"
    assert store["cp/acme/line/103/forward/always"] == "line/101&+447700900123"


def test_a_disabled_trunk_is_no_account() -> None:
    trunks = {"up": {"host": "192.0.2.1", "enabled": False}}
    files = render([view(trunks=trunks)], ENGINE).files
    assert files["pjsip/acme.trunks.conf"].strip() == ""
