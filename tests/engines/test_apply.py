"""Applying to a real Asterisk: reloads only what differs, reads back, rolls back, tells drift."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from controlplane.apply.applier import Applied
from controlplane.apply.asterisk import AsteriskApplier
from controlplane.apply.news import EVENT, flips_of, news
from controlplane.apply.store_keys import Delta
from controlplane.diagnostics import Diagnostic, Faults
from controlplane.live.ari.connection import AriConnection
from controlplane.live.ari.messages import ChannelUserevent
from controlplane.live.ari.settings import AriSettings
from controlplane.live.asterisk import control as asterisk_control
from controlplane.model.deployment import Engine
from controlplane.render.asterisk import render
from controlplane.render.bundle import Bundle
from tests.engines.apply_stand import ADDRESS, bundle, engine_in
from tests.engines.asterisk_container import AsteriskContainer

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

APPLIER = AsteriskApplier(asterisk_control.connect)
ON_DISK_SECONDS = 1.5
"""Asterisk writes stored keys to the disk a second later, and loses them when killed before."""

OTHER_HOURS = "08:00-16:00"
DND = "cp/acme/line/1000/dnd"


def apply(
    engine: Engine,
    wanted: Bundle,
    revision: int,
    *,
    told: dict[str, str] | None = None,
    thorough: bool = False,
) -> Applied:
    return asyncio.run(
        APPLIER.apply(engine, wanted, revision, lambda _: None, told or {}, thorough=thorough)
    )


def drift(engine: Engine, wanted: Bundle, revision: int) -> list[Diagnostic]:
    return asyncio.run(APPLIER.drift(engine, wanted, revision))


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, AsteriskContainer]]:
    root = tmp_path_factory.mktemp("asterisk")
    engine = engine_in(root)

    asyncio.run(APPLIER.start_folder(engine, render((), engine)))
    with AsteriskContainer(ADDRESS, Path(engine.folder), root / "state") as container:
        yield engine, container


@pytest.fixture
def container(stand: tuple[Engine, AsteriskContainer]) -> AsteriskContainer:
    return stand[1]


@pytest.fixture
def engine(stand: tuple[Engine, AsteriskContainer]) -> Engine:
    """It runs revision 10: ten lines."""
    apply(stand[0], bundle(stand[0], 10), 10, thorough=True)
    return stand[0]


@pytest.mark.proves("H8")
def test_the_engine_itself_reports_the_revision_and_has_what_was_rendered(
    engine: Engine, container: AsteriskContainer
) -> None:
    assert "Value: 10" in container.cli("database get cp revision")
    assert "1009" in container.cli("dialplan show cp-t-acme")
    assert "acme.phone-1009" in container.cli("pjsip show endpoints")
    assert "Desk 1009" in container.cli("voicemail show users for acme")
    assert drift(engine, bundle(engine, 10), 10) == []


def test_the_same_again_does_nothing(engine: Engine) -> None:
    done = apply(engine, bundle(engine, 10), 10)
    assert (done.files_changed, done.reloads, done.keys_changed) == (0, (), 0)


def test_a_flip_writes_one_key_and_reloads_nothing(
    engine: Engine, container: AsteriskContainer
) -> None:
    done = apply(engine, bundle(engine, 10, do_not_disturb=True), 11)
    assert (done.previous, done.files_changed, done.reloads, done.keys_changed) == (10, 0, (), 1)
    assert f"/{DND}" in container.cli("database show cp/acme/line/1000")
    done = apply(engine, bundle(engine, 10), 12)
    assert (done.reloads, done.keys_changed) == ((), 1)
    assert "dnd" not in container.cli("database show cp/acme/line/1000")


def test_the_hours_of_a_time_frame_reload_the_dialplan_only(engine: Engine) -> None:
    wanted = bundle(engine, 10, office=OTHER_HOURS)
    done = apply(engine, wanted, 11)
    assert (done.reloads, done.keys_changed) == (("pbx_config.so",), 0)
    assert drift(engine, wanted, 11) == []


def test_answering_rules_and_call_paths_reload_nothing(engine: Engine) -> None:
    rules = [{"name": "away", "when": "office", "forward": {"always": "line/1001"}}]
    wanted = bundle(engine, 10, ring=12, call_paths=3, rules=rules, blocked=["+4487*"])
    done = apply(engine, wanted, 11)
    assert (done.files_changed, done.reloads) == (0, ())
    assert done.keys_changed > 2
    assert drift(engine, wanted, 11) == []


def test_a_new_line_is_there_for_calls(engine: Engine, container: AsteriskContainer) -> None:
    apply(engine, bundle(engine, 11), 11)
    assert "acme.phone-1010" in container.cli("pjsip show endpoints")
    apply(engine, bundle(engine, 10), 12)
    assert "acme.phone-1010" not in container.cli("pjsip show endpoints")
    assert "1010" not in container.cli("database show cp/acme")


def test_a_direct_flip_of_an_engine_as_we_left_it(engine: Engine) -> None:
    change = Delta({DND: "1"})
    done = asyncio.run(APPLIER.flip(engine, change, 10, 11, news(11, "acme", {})))
    assert done is not None
    assert (done.revision, done.reloads, done.keys_changed) == (11, (), 1)
    assert drift(engine, bundle(engine, 10, do_not_disturb=True), 11) == []


def test_no_direct_flip_of_an_engine_that_is_elsewhere(
    engine: Engine, container: AsteriskContainer
) -> None:
    change = Delta({DND: "1"})
    assert asyncio.run(APPLIER.flip(engine, change, 9, 11, {})) is None
    container.cli("database put cp digest 00")
    assert asyncio.run(APPLIER.flip(engine, change, 10, 11, {})) is None
    assert "dnd" not in container.cli("database show cp/acme/line/1000")


@pytest.mark.proves("H8")
def test_drift_names_each_difference_and_apply_mends_it(
    engine: Engine, container: AsteriskContainer
) -> None:
    container.cli("database put cp/acme/line/1003 name Mallory")
    container.cli("database put cp/acme/line/1004 dnd 1")
    container.cli("database del cp/acme/line/1005 name")
    live = Path(engine.folder) / "current"
    wanted = bundle(engine, 10)
    path = next(path for path, text in wanted.files.items() if "Desk 1002" in text)
    (live / path).write_text(wanted.files[path].replace("Desk 1002", "Nobody"))
    (live / "stray.conf").write_text("x")
    found = {item.address: item.message for item in drift(engine, wanted, 10)}
    assert found == {
        f"files/{path}": "was edited",
        "files/stray.conf": "is not ours",
        "keys/cp/acme/line/1003/name": "has another value",
        "keys/cp/acme/line/1004/dnd": "is not wanted",
        "keys/cp/acme/line/1005/name": "is missing",
    }
    done = apply(engine, wanted, 10, thorough=True)
    assert done.keys_changed == 3
    assert drift(engine, wanted, 10) == []


def test_drift_of_another_revision(engine: Engine) -> None:
    places = {item.address for item in drift(engine, bundle(engine, 11, ring=9), 11)}
    assert "revision" in places
    assert any(place.startswith("parts/") for place in places)
    assert any(place.startswith("files/") for place in places)
    assert any(place.startswith("keys/") for place in places)


def broken(good: Bundle) -> Bundle:
    """Its dialplan is not the one its digest promises to be read back."""
    files = dict(good.files)
    path = next(path for path in files if "[globals]" in files[path])
    files[path] = files[path].replace("[globals]", "[no-globals]")
    return replace(good, files=files)


def test_what_is_not_read_back_is_rolled_back(
    engine: Engine, container: AsteriskContainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controlplane.apply.switch.SETTLE_SECONDS", 0.3)
    with pytest.raises(Faults) as caught:
        apply(engine, broken(bundle(engine, 10, office=OTHER_HOURS, do_not_disturb=True)), 11)
    first, last = caught.value.diagnostics
    assert "pbx_config.so reports" in first.message
    assert last.message == "nothing was changed: the engine runs revision 10 again"
    assert drift(engine, bundle(engine, 10), 10) == []
    assert "1009" in container.cli("dialplan show cp-t-acme")


def test_a_slower_apply_of_an_older_revision_changes_nothing(engine: Engine) -> None:
    apply(engine, bundle(engine, 10, office=OTHER_HOURS), 12)
    done = apply(engine, bundle(engine, 10, office="07:00-15:00"), 11)
    assert (done.revision, done.reloads) == (12, ())
    assert drift(engine, bundle(engine, 10, office=OTHER_HOURS), 12) == []


def test_two_applies_at_once_end_as_the_newer(engine: Engine) -> None:
    async def both() -> None:
        wanted = {n: bundle(engine, 10, office=f"{n}:00-18:00") for n in (11, 12)}
        await asyncio.gather(
            *(APPLIER.apply(engine, wanted[n], n, lambda _: None, {}) for n in wanted)
        )

    asyncio.run(both())
    assert drift(engine, bundle(engine, 10, office="12:00-18:00"), 12) == []


def test_a_file_read_only_at_the_start_is_reported_until_the_restart(
    engine: Engine, container: AsteriskContainer
) -> None:
    wider = engine.model_copy(update={"rtp_last": 16299})
    files = dict(bundle(engine, 10).files)
    files["modules.conf"] += "; another\n"
    wanted = replace(bundle(wider, 10), files=files)
    assert apply(engine, wanted, 11).needs_restart == ("modules.conf",)
    assert apply(engine, wanted, 12).needs_restart == ("modules.conf",)
    (finding,) = drift(engine, wanted, 12)
    assert (finding.address, finding.severity) == ("files/modules.conf", "warning")
    container.restart()
    assert apply(engine, wanted, 13).needs_restart == ()
    assert drift(engine, wanted, 13) == []


def test_a_running_driver_is_told(engine: Engine) -> None:
    settings = AriSettings(
        f"http://{engine.address}:{engine.ari_port}", engine.user, engine.password
    )
    heard: list[ChannelUserevent] = []

    async def listen() -> None:
        up, told = asyncio.Event(), asyncio.Event()

        def on_event(event: object) -> None:
            if isinstance(event, ChannelUserevent):
                heard.append(event)
                told.set()

        connection = AriConnection(settings, Random(1))
        running = asyncio.create_task(connection.run(on_event, up.set, lambda _: None))
        await up.wait()
        flips = {"line/1000/dnd": "1", "line/1001/dnd": None}
        wanted = bundle(engine, 10, do_not_disturb=True)
        await APPLIER.apply(engine, wanted, 11, lambda _: None, news(11, "acme", flips))
        await asyncio.wait_for(told.wait(), 3)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(listen())
    (event,) = heard
    assert event.name == EVENT
    assert event.payload["revision"] == "11"
    assert event.payload["tenant"] == "acme"
    assert flips_of(event.payload) == {"line/1000/dnd": "1", "line/1001/dnd": None}


def test_an_engine_that_is_down_is_one_clear_line_and_nothing_is_switched(
    engine: Engine, container: AsteriskContainer
) -> None:
    time.sleep(ON_DISK_SECONDS)
    container.kill()
    try:
        with pytest.raises(Faults) as caught:
            apply(engine, bundle(engine, 10, office=OTHER_HOURS), 11)
    finally:
        container.start()
    (line,) = caught.value.diagnostics
    assert "not reachable" in line.message
    assert drift(engine, bundle(engine, 10), 10) == []


def test_a_wrong_password_is_one_clear_line(engine: Engine) -> None:
    other = engine.model_copy(update={"password": "wrong"})
    with pytest.raises(Faults) as caught:
        apply(other, bundle(engine, 10, office=OTHER_HOURS), 11)
    (line,) = caught.value.diagnostics
    assert "refuses the user" in line.message
    assert drift(engine, bundle(engine, 10), 10) == []


def test_an_engine_that_hangs_is_not_waited_for_for_ever(
    engine: Engine, container: AsteriskContainer
) -> None:
    container._inner().pause()
    began = time.monotonic()
    try:
        with pytest.raises(Faults, match=r"does not answer|did not answer"):
            apply(engine, bundle(engine, 10, office=OTHER_HOURS), 11)
    finally:
        container._inner().unpause()
    assert time.monotonic() - began < 15
    assert drift(engine, bundle(engine, 10), 10) == []
