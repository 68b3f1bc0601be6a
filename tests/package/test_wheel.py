"""The wheel works from anywhere: it carries its templates and migrations, and `ctl` runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the wheel's content, built from a copy of the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    built, target = folder / "built", folder / "target"
    subprocess.run([*pip, "wheel", "--no-deps", "-w", str(built), str(source)], check=True)
    (wheel,) = built.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(target), str(wheel)], check=True)
    return target


def _ctl(installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "controlplane.cli", *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_both_template_folders_and_the_migrations_are_in_the_wheel(installed: Path) -> None:
    files = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    assert any("dialplan_templates" in name and name.endswith(".j2") for name in files)
    assert any("provisioning_templates" in name for name in files)
    assert any("migrations" in name and "v0001" in name for name in files)


def test_ctl_works_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    made = _ctl(installed, tmp_path, "init", "--dir", str(tmp_path / "var"))
    assert made.returncode == 0, made.stderr
    bundle = tmp_path / "var" / "asterisk" / "current"
    assert (bundle / "extensions.conf").is_file()
    example = tmp_path / "acme.yaml"
    shutil.copy(ROOT / "examples" / "acme.yaml", example)
    planned = _ctl(installed, tmp_path, "plan", str(example), "--output", "json")
    assert planned.returncode == 2, planned.stderr
    assert json.loads(planned.stdout)


def test_it_is_the_wheel_that_runs(installed: Path, tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-P", "-c", "import controlplane; print(controlplane.__file__)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert Path(found.strip()).is_relative_to(installed)
