"""What the benchmark compares FreeSWITCH's live calls with: the rendered entry that asks nobody."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.bench.asterisk import entry_without_asking
from tests.bench.freeswitch import with_baselines

GOLDEN = Path(__file__).parents[1] / "golden/freeswitch/dialplan/calls.xml"


def entry_and_baseline(calls: str) -> list[list[tuple[str, str]]]:
    """The applications of both, in order, and what they are given."""
    found = []
    for name in ("entry", "bench-static"):
        extension = ET.fromstring(f"<all>{calls}</all>").find(
            f"context[@name='cp-internal']/extension[@name='{name}']"
        )
        assert extension is not None
        pairs = [(it.get("application", ""), it.get("data", "")) for it in extension.iter("action")]
        found.append(pairs)
    return found


def test_the_static_baseline_is_the_entry_without_asking() -> None:
    entry, baseline = entry_and_baseline(with_baselines(GOLDEN.read_text()))
    asked = [name for name, _ in entry]
    assert asked.count("socket") == 1
    assert asked.count("sched_transfer") == 1
    *kept, (last, where) = baseline
    assert kept == [it for it in entry if it in kept]
    assert not {"socket", "sched_transfer"} & {name for name, _ in kept}
    assert "cp_dialled=$1" in str(kept)
    assert "cp_asked" not in str(kept)
    assert last == "transfer"
    scheduled = next(data for name, data in entry if name == "sched_transfer")
    assert scheduled.endswith(where), "where the call goes that nobody answers"


def test_baselines_are_added_once() -> None:
    once = with_baselines(GOLDEN.read_text())
    assert with_baselines(once) == once


def test_an_entry_of_another_form_is_refused() -> None:
    with pytest.raises(RuntimeError, match="not as the benchmark knows it"):
        with_baselines(GOLDEN.read_text().replace("([*#]*)", ""))


def test_the_static_baseline_of_asterisk_is_the_entry_without_asking() -> None:
    calls = (GOLDEN.parents[2] / "asterisk/extensions/calls.conf").read_text()
    entry = entry_without_asking(calls)
    assert entry.startswith("MSet(CP_DIALLED=${FILTER(0-9+*#,${EXTEN:2})},")
    assert f",1,{entry.replace('${EXTEN:2}', '${EXTEN}')}\n same => n,Stasis(" in calls
