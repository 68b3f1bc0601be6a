"""How messages are heard on a phone: which first, and whether when and from whom is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from controlplane.capabilities import Capability
from controlplane.engines import ENGINES
from controlplane.model.deployment import EngineKind
from tests.engines.played import played
from tests.engines.test_run import Controller, controller
from tests.engines.voicemail_office import RUN_PORTS, Office, office
from tests.phones import Manner

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

DEFAULT, OWN = "2468", "8642"
TIME = {"asterisk": re.compile("vm-received"), "freeswitch": re.compile(r"%\(50,50,700\)")}
CALLER = {
    "asterisk": re.compile("vm-from-(extension|phonenumber)"),
    "freeswitch": re.compile(r"%\(50,50,660\)"),
}
"""What an engine plays to say it: recordings, or the tones that stand for them."""


@pytest.fixture(scope="module", params=["asterisk", "freeswitch"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    with office(request.param, tmp_path_factory.mktemp(request.param)) as made:
        apply(made)
        made.leave()
        made.leave()
        yield made


@pytest.fixture(scope="module")
def running(place: Office) -> Iterator[Controller]:
    with controller(place.folder, RUN_PORTS[place.kind]) as running:
        digits = f"{DEFAULT}#,,,,{OWN}#,,,,{OWN}#"
        place.call("*97", Manner(digits=digits, digits_after=1, hang_up_after=2), who="B1")
        assert place.data("pin", "show", "acme/102")["own"]
        yield running


def apply(place: Office, **box: Any) -> None:
    place.apply(l102={"default_pin": DEFAULT, "voicemail": {"notify": "none", **box}})


def heard(place: Office, running: Controller) -> list[str]:
    """The owner signs in and plays the first message."""
    newest = place.data("log")[0]["revision"]
    running.until(lambda _, it: newest is None or it["revision"] >= newest)
    config = (place.folder / "controlplane.yaml").read_text()
    password = config.split("password: ")[1].split("\n")[0]
    with played(place.engine, place.state, password) as files:
        manner = Manner(digits=f"{OWN}#,,,,,1", digits_after=1, hang_up_after=16)
        place.call("*97", manner, who="B1")
    return [unquote(file) for file in files]


def first(place: Office, files: list[str]) -> str:
    """Which message was played first, `newest` or `oldest`."""
    message = next(it for it in files if re.search(r"/msg_?[0-9a-f-]+", it))
    if place.kind == "asterisk":
        return "oldest" if message.endswith("0000") else "newest"
    oldest, newest = sorted(Path(message).parent.glob("msg_*"), key=lambda it: it.stat().st_mtime)
    return {oldest: "oldest", newest: "newest"}[Path(message)]


@pytest.mark.proves("F2")
@pytest.mark.parametrize("on", [True, False], ids=["said", "not said"])
def test_when_and_from_whom_is_said_as_the_mailbox_has_it(
    place: Office, running: Controller, on: bool
) -> None:
    apply(place, announce_time=on, announce_caller=on)
    files = heard(place, running)
    assert any("msg" in file for file in files), files
    assert bool([it for it in files if TIME[place.kind].search(it)]) is on, files
    assert bool([it for it in files if CALLER[place.kind].search(it)]) is on, files
    place.ctl("voicemail", "move", "acme/102", place.messages()[-1]["id"], "new")


@pytest.mark.proves("F2")
@pytest.mark.parametrize("newest", [True, False], ids=["newest first", "oldest first"])
def test_the_newest_is_first_where_the_mailbox_and_the_engine_have_it(
    place: Office, running: Controller, newest: bool
) -> None:
    for message in place.messages():
        place.ctl("voicemail", "move", "acme/102", message["id"], "new")
    apply(place, newest_first=newest, announce_time=False)
    can = Capability.NEWEST_FIRST in ENGINES[EngineKind(place.kind)].capabilities
    assert first(place, heard(place, running)) == ("newest" if newest and can else "oldest")
