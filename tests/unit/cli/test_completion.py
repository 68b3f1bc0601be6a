"""Shell completion: scripts, verbs, options and stored addresses."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Place


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(place: Place, shell: str) -> None:
    script = place.ctl("completion", shell).stdout
    assert "_CTL_COMPLETE" in script


def _completed(place: Place, typed: str) -> list[str]:
    words = typed.split(" ")
    env = {
        "_CTL_COMPLETE": "bash_complete",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - 1),
        "CONTROLPLANE_CONFIG": str(place.config),
    }
    done = place.process(env=env)
    return [line.partition(",")[2] for line in done.stdout.split()]


def test_verbs_and_addresses_complete(place: Place) -> None:
    assert "plan" in _completed(place, "ctl pl")
    assert _completed(place, "ctl get ") == ["acme/"]
    assert "acme/lines/" in _completed(place, "ctl get acme/l")
    assert _completed(place, "ctl get acme/handsets/LDN") == [
        "acme/handsets/LDN-07",
        "acme/handsets/LDN-08",
    ]
    assert _completed(place, "ctl get acme/lines/101/ri") == ["acme/lines/101/ring"]


def test_completion_is_silent_where_there_is_nothing_to_complete_from(place: Place) -> None:
    place.config.unlink()
    assert _completed(place, "ctl get a") == []
