"""Structured logs of the running controller."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from controlplane.cli import logs


@pytest.fixture(autouse=True)
def undone() -> Iterator[None]:
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    yield
    root.handlers[:] = kept
    root.setLevel(level)
    structlog.reset_defaults()


def _line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    text = capsys.readouterr().err
    assert text.endswith("\n")
    assert text[:-1].isprintable()
    line: dict[str, object] = json.loads(text)
    return line


def test_a_call_line_carries_its_id_level_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    structlog.get_logger("x").info("decided", call="1719.2", step="ring")
    line = _line(capsys)
    assert (line["event"], line["call"], line["level"]) == ("decided", "1719.2", "info")
    assert str(line["timestamp"]).endswith("Z")


def test_secrets_are_hidden_at_any_depth(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    details = {"default_pin": "2468", "nested": [{"sip_password": "hush"}]}
    structlog.get_logger("x").warning("odd", password="hush", api_token="hush", details=details)
    line = _line(capsys)
    assert "hush" not in str(line)
    assert "2468" not in str(line)
    assert line["password"] == "(hidden)"


def test_control_characters_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    evil = "\x1b[2J\x7f\u202e\x9b\r\n"
    structlog.get_logger("x").info("call", caller=evil, **{"k\x7fey": evil})
    assert _line(capsys)["caller"] == evil


def test_lines_of_other_libraries_come_out_alike(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    logging.getLogger("aiohttp.server").warning("bad %s", "\x1b[31mrequest")
    line = _line(capsys)
    assert line["event"] == "bad \x1b[31mrequest"
    assert line["logger"] == "aiohttp.server"
    logging.getLogger("asyncio").info("too much to read")
    assert capsys.readouterr().err == ""
