"""A deployment in a temporary folder, with a stored tenant, and two ways to call `ctl`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from controlplane.cli.config import write_new
from controlplane.cli.root import ctl as root
from tests.unit.service.conftest import ACME, StoredPlace, new_deployment

__all__ = ["ACME", "Place"]


@dataclass(frozen=True)
class Place(StoredPlace):
    """A folder with a configuration; `ctl` runs in this process, `process` in one of its own."""

    @property
    def config(self) -> Path:
        return self.folder / "controlplane.yaml"

    def ctl(self, *args: str, env: Mapping[str, str] | None = None) -> Result:
        variables = {"CONTROLPLANE_CONFIG": str(self.config), **(env or {})}
        result = CliRunner().invoke(root, args, env=variables, prog_name="ctl")
        assert "Traceback" not in result.output
        return result

    def process(
        self, *args: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return run_process(*args, cwd=self.folder, env=env)


def run_process(
    *args: str, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "controlplane.cli", *args],
        cwd=cwd,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    here = str(Path(__file__).parents[3])
    kept = {name: it for name, it in os.environ.items() if not name.startswith("CONTROLPLANE")}
    return {**kept, "PYTHONPATH": here, **(more or {})}


@pytest.fixture
def make_place(tmp_path: Path) -> Callable[[], Place]:
    def make() -> Place:
        deployment = new_deployment(tmp_path)
        write_new(tmp_path / "controlplane.yaml", deployment)
        return Place(tmp_path, deployment)

    return make


@pytest.fixture
def place(make_place: Callable[[], Place]) -> Place:
    made = make_place()
    made.commit()
    return made
