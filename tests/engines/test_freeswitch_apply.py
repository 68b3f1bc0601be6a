"""Applying to a real FreeSWITCH: reloads only what differs, reads back, rolls back, tells drift."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from controlplane.apply.applier import Applied
from controlplane.apply.freeswitch import FreeSwitchApplier
from controlplane.apply.news import EVENT, flips_of, news
from controlplane.apply.store_keys import Delta
from controlplane.diagnostics import Diagnostic, Faults, fault
from controlplane.live.esl.connection import EslConnection
from controlplane.live.esl.messages import Event
from controlplane.live.esl.news import read_news
from controlplane.live.freeswitch import control as freeswitch_control
from controlplane.live.freeswitch.engine import esl_settings
from controlplane.model.deployment import Engine
from controlplane.render.bundle import Bundle
from controlplane.render.freeswitch import render
from controlplane.render.freeswitch.names import PHONES
from tests.engines.apply_stand import (
    PASSWORD,
    Interruption,
    bundle,
    bundle_of,
    documents,
    engine_in,
)
from tests.engines.freeswitch_process import FreeSwitchProcess
from tests.phones import PhoneBank

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ADDRESS, PHONES_ADDRESS = "127.0.0.95", "127.0.0.96"
APPLIER = FreeSwitchApplier(freeswitch_control.connect)
DND = "cp/acme.line.1000.dnd"


def apply(engine: Engine, wanted: Bundle, revision: int, *, thorough: bool = False) -> Applied:
    return asyncio.run(
        APPLIER.apply(engine, wanted, revision, lambda _: None, {}, thorough=thorough)
    )


def drift(engine: Engine, wanted: Bundle, revision: int) -> list[Diagnostic]:
    return asyncio.run(APPLIER.drift(engine, wanted, revision))


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, FreeSwitchProcess]]:
    root = tmp_path_factory.mktemp("freeswitch")
    state = root / "state"
    places = {"mounted_at": str(root / "engine"), "state_folder": str(state)}
    engine = engine_in(root, kind="freeswitch", address=ADDRESS, live_address=ADDRESS, **places)
    asyncio.run(APPLIER.start_folder(engine, render((), engine)))
    current = Path(engine.folder) / "current"
    with FreeSwitchProcess(ADDRESS, current, state, password=PASSWORD) as process:
        yield engine, process


@pytest.fixture
def process(stand: tuple[Engine, FreeSwitchProcess]) -> FreeSwitchProcess:
    return stand[1]


@pytest.fixture
def engine(stand: tuple[Engine, FreeSwitchProcess]) -> Engine:
    """It runs revision 10: ten lines."""
    apply(stand[0], bundle(stand[0], 10), 10, thorough=True)
    return stand[0]


def held(process: FreeSwitchProcess, key: str) -> str:
    answer = process.api("db", f"select/{key}")
    return "" if answer.startswith("-ERR no reply") else answer


def has_phone(process: FreeSwitchProcess, number: int) -> bool:
    return process.api("user_exists", f"id acme.phone-{number} {PHONES}") == "true"


@pytest.mark.proves("H8")
def test_the_engine_itself_reports_the_revision_and_has_what_was_rendered(
    engine: Engine, process: FreeSwitchProcess
) -> None:
    assert held(process, "cp/revision") == "10"
    assert "1009" in process.api("xml_locate", "dialplan context name cp-x-acme")
    assert has_phone(process, 1009)
    assert process.api("user_exists", "id 1009 acme") == "true"
    assert drift(engine, bundle(engine, 10), 10) == []


def test_the_same_again_does_nothing(engine: Engine) -> None:
    done = apply(engine, bundle(engine, 10), 10)
    assert (done.files_changed, done.reloads, done.keys_changed) == (0, (), 0)


def test_a_flip_writes_one_key_and_reloads_nothing(
    engine: Engine, process: FreeSwitchProcess
) -> None:
    done = apply(engine, bundle(engine, 10, do_not_disturb=True), 11)
    assert (done.previous, done.files_changed, done.reloads, done.keys_changed) == (10, 0, (), 1)
    assert held(process, DND) == "1"
    done = apply(engine, bundle(engine, 10), 12)
    assert (done.reloads, done.keys_changed) == ((), 1)
    assert held(process, DND) == ""


def test_a_ring_time_reloads_nothing(engine: Engine) -> None:
    done = apply(engine, bundle(engine, 10, ring=12), 11)
    assert (done.reloads, done.needs_restart, done.keys_changed) == ((), (), 1)
    assert drift(engine, bundle(engine, 10, ring=12), 11) == []


def test_a_new_line_is_there_for_calls(engine: Engine, process: FreeSwitchProcess) -> None:
    apply(engine, bundle(engine, 11), 11)
    assert has_phone(process, 1010)
    apply(engine, bundle(engine, 10), 12)
    assert not has_phone(process, 1010)
    assert held(process, "cp/acme.line.1010.name") == ""


def trunks(engine: Engine, **hosts: str) -> Bundle:
    wanted = documents(10)
    wanted |= {f"acme/trunks/{name}": {"host": host} for name, host in hosts.items()}
    return bundle_of(engine, wanted)


def gateways(process: FreeSwitchProcess) -> dict[str, str]:
    """Each gateway and where its calls go."""
    found = freeswitch_control.defined(process.api("sofia", "xmlstatus gateway"), "")
    return {
        name: process.api("sofia", f"status gateway {name}").split("Proxy")[1].split()[0]
        for name in found
        if not name.startswith("cp-")
    }


def test_only_the_trunk_that_changed_is_taken_away(
    engine: Engine, process: FreeSwitchProcess
) -> None:
    done = apply(engine, trunks(engine, one="127.0.0.1", two="127.0.0.2"), 11)
    assert done.reloads == ("reloadxml", "reloadacl", "sofia profile internal rescan")
    assert process.api("acl", "127.0.0.2 cp-trunks") == "true"
    before = gateways(process)
    assert before == {"acme.one": "sip:127.0.0.1:5060", "acme.two": "sip:127.0.0.2:5060"}
    seen = process.logs().count("acme.one")
    done = apply(engine, trunks(engine, one="127.0.0.1", two="127.0.0.3"), 12)
    assert gateways(process) == before | {"acme.two": "sip:127.0.0.3:5060"}
    assert process.api("acl", "127.0.0.2 cp-trunks") == "false"
    assert drift(engine, trunks(engine, one="127.0.0.1", two="127.0.0.3"), 12) == []
    assert process.logs().count("acme.one") - seen <= 1
    apply(engine, bundle(engine, 10), 13)
    assert gateways(process) == {}


def test_an_apply_drops_no_registration(engine: Engine, process: FreeSwitchProcess) -> None:
    contact = f"internal/acme.phone-1000@{PHONES}"
    with PhoneBank(ADDRESS, PHONES_ADDRESS) as bank:
        bank.register("acme.phone-1000", "phone-password")
        before = process.api("sofia_contact", contact)
        assert PHONES_ADDRESS in before
        apply(engine, trunks(engine, one="127.0.0.1"), 11)
        apply(engine, bundle(engine, 10, ring=9), 12)
        assert process.api("sofia_contact", contact) == before


def test_a_direct_flip_of_an_engine_as_we_left_it(engine: Engine) -> None:
    change = Delta({DND: "1"})
    done = asyncio.run(APPLIER.flip(engine, change, 10, 11, news(11, "acme", {})))
    assert done is not None
    assert (done.revision, done.reloads, done.keys_changed) == (11, (), 1)
    assert drift(engine, bundle(engine, 10, do_not_disturb=True), 11) == []


def test_no_direct_flip_of_an_engine_that_is_elsewhere(
    engine: Engine, process: FreeSwitchProcess
) -> None:
    change = Delta({DND: "1"})
    assert asyncio.run(APPLIER.flip(engine, change, 9, 11, {})) is None
    process.api("db", "insert/cp/digest/00")
    assert asyncio.run(APPLIER.flip(engine, change, 10, 11, {})) is None
    assert held(process, DND) == ""


@pytest.mark.proves("H8")
def test_drift_names_each_difference_and_apply_mends_it(
    engine: Engine, process: FreeSwitchProcess
) -> None:
    process.api("db", "insert/cp/acme.line.1003.name/Mallory")
    process.api("db", "insert/cp/acme.line.1004.dnd/1")
    process.api("db", "delete/cp/acme.line.1005.name")
    live = Path(engine.folder) / "current"
    wanted = bundle(engine, 10)
    (live / "dialplan/routines.xml").write_text("")
    (live / "stray.xml").write_text("x")
    found = {item.address: item.message for item in drift(engine, wanted, 10)}
    assert found == {
        "files/dialplan/routines.xml": "was edited",
        "files/stray.xml": "is not ours",
        "keys/cp/acme.line.1003.name": "has another value",
        "keys/cp/acme.line.1004.dnd": "is not wanted",
        "keys/cp/acme.line.1005.name": "is missing",
    }
    done = apply(engine, wanted, 10, thorough=True)
    assert done.keys_changed == 3
    assert drift(engine, wanted, 10) == []


@pytest.mark.parametrize("how", ["<not XML", "<!-- a marker that is not there -->"])
def test_what_is_not_read_back_is_rolled_back(
    engine: Engine, process: FreeSwitchProcess, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("controlplane.apply.switch.SETTLE_SECONDS", 0.3)
    wanted = bundle(engine, 10, ring=12, do_not_disturb=True)
    files = {**wanted.files, "dialplan/marker.xml": how}
    with pytest.raises(Faults) as caught:
        apply(engine, replace(wanted, files=files), 11)
    first, last = caught.value.diagnostics
    assert "reloadxml" in first.message
    assert last.message == "nothing was changed: the engine runs revision 10 again"
    assert drift(engine, bundle(engine, 10), 10) == []
    assert "1009" in process.api("xml_locate", "dialplan context name cp-x-acme")


def test_a_file_read_only_at_the_start_is_reported_until_the_restart(
    engine: Engine, process: FreeSwitchProcess
) -> None:
    wider = engine.model_copy(update={"rtp_last": 16299})
    wanted = bundle(wider, 10)
    assert apply(engine, wanted, 11).needs_restart == ("configuration.xml",)
    (finding,) = drift(engine, wanted, 11)
    assert (finding.address, finding.severity) == ("files/configuration.xml", "warning")
    process.restart()
    assert apply(engine, wanted, 12).needs_restart == ()
    assert drift(engine, wanted, 12) == []


def test_what_is_stored_survives_a_kill(engine: Engine, process: FreeSwitchProcess) -> None:
    apply(engine, bundle(engine, 10, do_not_disturb=True), 11)
    process.kill()
    process.start()
    assert held(process, DND) == "1"
    assert drift(engine, bundle(engine, 10, do_not_disturb=True), 11) == []


def test_a_running_driver_is_told(engine: Engine) -> None:
    heard: list[tuple[str, dict[str, str]]] = []

    async def listen() -> None:
        up, told = asyncio.Event(), asyncio.Event()

        def on_event(event: Event) -> None:
            # The news of the revision before, which names no tenant, may come late.
            found = read_news(event)
            if found and found[1]:
                heard.append(found)
                told.set()

        connection = EslConnection(esl_settings(engine), Random(1))
        running = asyncio.create_task(connection.run(on_event, up.set, lambda _: None))
        await up.wait()
        flips = {"line/1000/dnd": "1", "line/1001/name": "100%41 \u202e{x}"}
        wanted = bundle(engine, 10, do_not_disturb=True)
        await APPLIER.apply(engine, wanted, 11, lambda _: None, news(11, "acme", flips))
        await asyncio.wait_for(told.wait(), 3)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(listen())
    ((event, variables),) = heard
    assert (event, variables["revision"], variables["tenant"]) == (EVENT, "11", "acme")
    assert flips_of(variables) == {"line/1000/dnd": "1", "line/1001/name": "100%41 \u202e{x}"}


def test_an_engine_that_is_down_is_one_clear_line_and_nothing_is_switched(
    engine: Engine, process: FreeSwitchProcess
) -> None:
    process.kill()
    try:
        with pytest.raises(Faults) as caught:
            apply(engine, bundle(engine, 10, ring=12), 11)
    finally:
        process.start()
    (line,) = caught.value.diagnostics
    assert "not reachable" in line.message
    assert drift(engine, bundle(engine, 10), 10) == []


def test_a_wrong_password_is_one_clear_line(engine: Engine) -> None:
    other = engine.model_copy(update={"password": "wrong"})
    with pytest.raises(Faults) as caught:
        apply(other, bundle(engine, 10, ring=12), 11)
    (line,) = caught.value.diagnostics
    assert "refuses the password" in line.message
    assert drift(engine, bundle(engine, 10), 10) == []


def test_an_engine_that_hangs_is_not_waited_for_for_ever(
    engine: Engine, process: FreeSwitchProcess
) -> None:
    process.pause()
    began = time.monotonic()
    try:
        with pytest.raises(Faults, match=r"does not answer|did not answer"):
            apply(engine, bundle(engine, 10, ring=12), 11)
    finally:
        process.unpause()
    assert time.monotonic() - began < 15
    assert drift(engine, bundle(engine, 10), 10) == []


def refused() -> None:
    raise fault("the engine refuses the command")


def old(engine: Engine) -> Bundle:
    return bundle(engine, 5)


def new(engine: Engine) -> Bundle:
    """Other files of each part, other keys, one key less."""
    wanted = documents(6, ring=12, do_not_disturb=True, label=[])
    wanted["acme/trunks/one"] = {"host": "127.0.0.1"}
    return bundle_of(engine, wanted)


def to_new(engine: Engine, interruption: Interruption | None = None) -> None:
    applier = FreeSwitchApplier(interruption.connect) if interruption else APPLIER
    asyncio.run(applier.apply(engine, new(engine), 2, lambda _: None, {}))


def interrupted(at: int, act: Any, **how: Any) -> Interruption:
    return Interruption(at, act, connect=freeswitch_control.connect, **how)


def steps(engine: Engine) -> int:
    """How many engine commands the apply takes."""
    apply(engine, old(engine), 1, thorough=True)
    counting = interrupted(0, lambda: None)
    to_new(engine, counting)
    return counting.count


def test_an_error_at_any_step_leaves_the_old_or_the_new_revision_whole(engine: Engine) -> None:
    failed = 0
    for at in range(1, steps(engine) + 1):
        apply(engine, old(engine), 1, thorough=True)
        try:
            to_new(engine, interrupted(at, refused))
        except Faults:
            failed += 1
            assert drift(engine, old(engine), 1) == [], f"step {at}"
        else:
            assert drift(engine, new(engine), 2) == [], f"step {at}"
    assert failed > 12


def test_a_kill_at_any_step_leaves_a_working_engine_and_the_next_apply_converges(
    engine: Engine, process: FreeSwitchProcess
) -> None:
    total, killed = steps(engine), 0
    for at in range(1, total + 1):
        apply(engine, old(engine), 1, thorough=True)
        child = os.fork()
        if child == 0:
            to_new(engine, interrupted(at, lambda: os.kill(os.getpid(), signal.SIGKILL)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        assert has_phone(process, 1004)
        to_new(engine)
        assert drift(engine, new(engine), 2) == []
    assert killed == total
