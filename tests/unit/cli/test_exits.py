"""Every way `ctl` ends: its exit code, clear lines, no traceback."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from controlplane.cli.root import VERBS
from tests.unit.cli.conftest import Place, environment, run_process


def test_no_configuration_is_one_line_and_exit_1(tmp_path: Path) -> None:
    done = run_process("get", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: there is no configuration file (make one with `ctl init`")
    assert done.stderr.count("\n") == 1


def test_a_named_configuration_that_is_missing_is_named(place: Place) -> None:
    result = place.ctl("get", "--config", "/nowhere/at.yaml")
    assert result.exit_code == 1
    assert result.stderr.startswith("/nowhere/at.yaml: error: there is no such")


def test_wrong_usage_is_64_and_never_2(place: Place) -> None:
    for args in (["plam"], ["get", "--nonsense"], ["log", "--limit", "many"], ["explain"]):
        assert place.ctl(*args).exit_code == 64, args
    assert "Did you mean 'plan'?" in place.ctl("plam").stderr


def test_every_fault_of_the_configuration_has_its_line(place: Place) -> None:
    text = place.config.read_text().replace("ari_port: 1", "ari_port: many")
    place.config.write_text(text + "colour: red\n")
    result = place.ctl("get")
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 2
    assert f"{place.config}:" in lines[0]
    assert "engines/asterisk/ari_port: error: 'many' is not a whole number" in result.stderr
    assert "error: unknown key 'colour'" in result.stderr


def test_broken_yaml_in_the_configuration(place: Place) -> None:
    place.config.write_text("database: [x\nrun: 1\n")
    result = place.ctl("get")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{place.config}:1: error: this [ is not closed")


def test_faults_are_data_too_where_data_was_asked_for(place: Place) -> None:
    result = place.ctl("get", "acme/lines/109", "--output", "json")
    assert result.exit_code == 1
    [found] = json.loads(result.stdout)["diagnostics"]
    assert found["address"] == "acme/lines/109"
    assert found["severity"] == "error"
    assert "error: there is no object" in result.stderr


def test_no_password_of_the_configuration_is_ever_repeated(place: Place) -> None:
    text = place.config.read_text()
    place.config.write_text(text.replace("password: engine-password", "password: [hush, hush]"))
    result = place.ctl("get")
    assert result.exit_code == 1
    assert "hush" not in result.output


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_an_unreadable_configuration(place: Place) -> None:
    place.config.chmod(0)
    result = place.ctl("get")
    assert result.exit_code == 1
    assert "cannot be read: permission denied" in result.stderr


def test_a_directory_for_a_configuration(place: Place) -> None:
    result = place.ctl("get", "--config", str(place.folder))
    assert result.exit_code == 1
    assert "cannot be read: is a directory" in result.stderr


def test_a_missing_database_says_how_to_mend_it(place: Place) -> None:
    (place.folder / "controlplane.sqlite").unlink()
    result = place.ctl("get")
    assert result.exit_code == 1
    assert "there is no database (make it with `ctl init`)" in result.stderr


def test_a_damaged_database_is_one_line(place: Place) -> None:
    for file in place.folder.glob("controlplane.sqlite*"):
        file.write_bytes(b"not a database at all" * 500)
    result = place.ctl("log")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "is not a usable database" in result.stderr


def test_reading_does_not_wait_for_a_writer(place: Place) -> None:
    with sqlite3.connect(place.folder / "controlplane.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert place.ctl("get", "acme/lines/101/ring").stdout == "20\n"


def test_an_unforeseen_error_leaves_its_details_in_a_file(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    import controlplane.cli.get as get

    def explode(*_: object) -> None:
        raise RuntimeError("the \x1b[31msky fell")

    monkeypatch.setattr(get, "value_at", explode)
    result = place.ctl("get", "acme")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: internal error: RuntimeError: the \\x1b[31msky fell")
    [details] = place.folder.glob("ctl-crash-*.log")
    assert str(details) in result.stderr
    assert "RuntimeError" in details.read_text()
    assert details.stat().st_mode & 0o777 == 0o600


def test_a_reader_that_goes_is_no_error_to_shout_about(place: Place) -> None:
    command = f"{sys.executable} -m controlplane.cli schema | head -c 10"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=place.folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert len(done.stdout) == 10
    assert done.stderr == ""


def test_help_of_every_verb_works_and_names_no_module(place: Place) -> None:
    for verb in VERBS:
        result = place.ctl(verb, "--help")
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith("Usage: ctl")


def test_help_imports_no_verb_and_no_heavy_library(tmp_path: Path) -> None:
    code = (
        "import sys, click.testing\n"
        "from controlplane.cli.root import ctl\n"
        "click.testing.CliRunner().invoke(ctl, ['--help'])\n"
        "print([name for name in ('pydantic', 'sqlalchemy', 'rich', 'yaml', 'aiohttp') "
        "if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("rtp", ["5000", "abc-def", "20000-10000", "-", "1-2-3"])
def test_media_ports_that_are_no_range(place: Place, rtp: str) -> None:
    result = place.ctl("init", "--rtp", rtp, "--config", str(place.folder / "other.yaml"))
    assert result.exit_code == 1
    assert result.stderr == (
        "--rtp: error: is no range of ports (write FIRST-LAST, as 10000-20000)\n"
    )
