"""Every file of a phone of every family, as it was seen and found right."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.vendor import Model
from tests.unit.render.phones.office import desk, file_of

GOLDEN = Path(__file__).parents[3] / "golden" / "phones"
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"


def first_of_each_family() -> list[Model]:
    found: dict[tuple[str, str], Model] = {}
    for model in catalogue().models.values():
        found.setdefault((model.vendor, model.family.name), model)
    return list(found.values())


@pytest.mark.proves("G8", "G9")
@pytest.mark.parametrize("model", first_of_each_family(), ids=lambda model: model.key)
def test_files(model: Model) -> None:
    """`UPDATE_GOLDEN=1 pytest …` writes them anew."""
    folder = GOLDEN / model.vendor / model.name
    made = desk(model.key)
    files = {
        kind: found.body
        for kind in catalogue().vendors[model.vendor].files
        if (found := file_of(made, kind)) is not None
    }
    assert files
    if UPDATE:
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for kind, body in files.items():
            (folder / kind).write_bytes(body)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
