"""The containers' files agree with what is rendered."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from controlplane.model.deployment import EngineKind
from controlplane.render.freeswitch.modules import MODULES

FOLDER = Path(__file__).parents[2] / "containers"


def test_the_freeswitch_image_has_each_module_that_is_loaded() -> None:
    text = (FOLDER / "freeswitch/Dockerfile").read_text()
    found = re.search(r'^ARG MODULES="([^"]+)"', text, re.MULTILINE)
    assert found is not None
    names = {f"mod_{name.replace('-', '_')}" for name in found[1].split()}
    assert names == set(MODULES)


def test_each_kind_of_engine_has_an_image_and_a_service() -> None:
    services = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
    assert set(services) == {kind.value for kind in EngineKind}
    for kind in EngineKind:
        assert (FOLDER / kind.value / "Dockerfile").is_file()


def test_no_token_is_an_argument_or_variable_of_the_image() -> None:
    """Those are kept in the image's history."""
    for line in (FOLDER / "freeswitch/Dockerfile").read_text().splitlines():
        assert not re.match(r"\s*(ARG|ENV)\b.*TOKEN", line, re.IGNORECASE), line
