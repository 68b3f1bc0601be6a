"""`ctl user add`: a person, with a line and the first phone, in one commit."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from controlplane.cli.config import Configured
from controlplane.cli.root import ctl as root
from controlplane.cli.session import Session
from controlplane.service.changes.newcomer import next_phone_id
from tests.unit.cli.conftest import Place

Add = Callable[..., Result]


@pytest.fixture
def add(place: Place) -> Add:
    """`ctl user add` of a deployment that has no engine to be brought to a change."""

    def run(*args: str, exits: int = 0) -> Result:
        session = Session()
        without = place.deployment.model_copy(update={"engines": {}})
        session.__dict__["configured"] = Configured(place.config, without)
        done = CliRunner().invoke(
            root, ["user", "add", *args], obj=session, env={"CTL_AUTHOR": "ada"}, prog_name="ctl"
        )
        assert done.exit_code == exits, done.output
        assert "Traceback" not in done.output
        return done

    return run


def stored(place: Place, address: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(place.ctl("get", address, "-o", "json").stdout)
    return found


@pytest.mark.proves("B9")
def test_a_user_with_a_line_and_the_first_phone(place: Place, add: Add) -> None:
    with place.store() as store:
        before = store.latest_revision()
    settings = ("first=Grace", "last=Hopper", "site=london", "email=grace@acme.example")
    phone = ("--line", "111", "--mac", "00:15:65:00:01:11", "--model", "yealink/T54W")
    done = add("acme/grace", *settings, *phone)
    assert done.stdout.startswith("user acme/grace has line 111 and phone 111a\n")
    assert stored(place, "acme/users/grace")["email"] == ["grace@acme.example"]
    assert stored(place, "acme/lines/111")["user"] == "grace"
    assert stored(place, "acme/handsets/111a") == {
        **{"line": "111", "mac": "001565000111", "model": "yealink/T54W", "site": "london"},
        "sip_password": "(hidden)",
    }
    with place.store() as store:
        assert store.latest_revision() == before + 1, "one commit, undone at once"
        assert store.history("acme", 1)[0].reason == "add user grace"


def test_without_a_line_or_with_one_that_is_there(place: Place, add: Add) -> None:
    assert "has no line yet" in add("acme/grace", "first=Grace").stdout
    add("acme/bob", "first=Bob", "--line", "102", "--model", "linphone/Linphone")
    assert stored(place, "acme/lines/102") == {
        **{"user": "bob", "ring": 20, "call_waiting": False, "forward": {"busy": ["line/101"]}}
    }
    assert stored(place, "acme/handsets/102a")["model"] == "linphone/Linphone"
    data = json.loads(add("acme/cy", "--line", "103", "--phone-id", "LDN-33", "-o", "json").stdout)
    added = [it["address"] for it in data["change_sets"][0]["changes"]]
    assert added == ["acme/users/cy", "acme/lines/103", "acme/handsets/LDN-33"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["ada"], "write TENANT/NAME"),
        (["acme/ada"], "is there already"),
        (["acne/ada"], "there is no tenant 'acne'"),
        (["acme/new", "frist=x"], "frist"),
        (["acme/new", "first=a\tb"], "first"),
        (["acme/new one"], "new one"),
        (["acme/new", "--line", "101"], "line 101 is assigned to ada"),
        (["acme/new", "--line", "12x"], "12x"),
        (["acme/new", "--mac", "001565000111"], "a phone serves a line"),
        (["acme/new", "--line", "111", "--mac", "zz"], "is not a MAC address"),
        (["acme/new", "--line", "111", "--mac", "001565aabbcc"], "is that of handset LDN-07"),
        (["acme/new", "--line", "111", "--model", "yealink/T99"], "T99"),
        (["acme/new", "--line", "111", "--phone-id", "LDN-07"], "is there already"),
        (["acme/new", "site=paris", "--line", "111"], "paris"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    place: Place, add: Add, args: list[str], said: str
) -> None:
    with place.store() as store:
        before = store.load("acme")
    assert said in add(*args, exits=1).stderr
    with place.store() as store:
        assert store.load("acme") == before


def test_phones_of_a_line_are_named_one_after_another() -> None:
    assert next_phone_id("111", set()) == "111a"
    assert next_phone_id("111", {"111a", "111c", "LDN-07"}) == "111b"
    letters = {f"111{it}" for it in "abcdefghijklmnopqrstuvwxyz"}
    assert next_phone_id("111", letters | {"111-27"}) == "111-28"
