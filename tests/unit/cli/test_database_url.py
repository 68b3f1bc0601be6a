"""The password in the database's URL is in no message, however the URL is wrong."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.conftest import Place

NOBODY_LISTENS = (
    "postgresql://owner:hidden@127.0.0.1:1/office",
    "postgresql://owner@127.0.0.1:1/office?password=hidden",
    "postgresql+psycopg://owner:hid%64en@127.0.0.1:1/office?sslmode=disable&sslpassword=hidden",
)
BAD = (
    "mysql://owner:hidden@127.0.0.1/office",
    "mysql://owner@127.0.0.1/office?password=hidden",
    "postgresql://owner:hidden@127.0.0.1:port/office",
    "postgresql://owner:hidden@127.0.0.1:1/office?nonsense=hidden",
    "owner:hidden@127.0.0.1",
    "postgresql://owner:hidden@127.0.0.1/office\nmore",
    "hidden" * 1000,
)


@pytest.mark.parametrize("url", [*NOBODY_LISTENS, *BAD])
def test_init_never_shows_it(place: Place, url: str) -> None:
    new = place.folder / "new"
    new.mkdir()
    done = place.ctl("init", "--database", url, "--config", f"{new}/c.yaml", "--dir", str(new))
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "internal error" not in done.stderr
    assert "hid" not in done.output
    assert list(new.iterdir()) == []


@pytest.mark.parametrize("url", [*NOBODY_LISTENS, *BAD])
def test_no_verb_shows_it(place: Place, url: str) -> None:
    _configure(place, url)
    for verb in ("get", "doctor"):
        result = place.ctl(verb)
        assert result.exit_code == 1
        assert "hid" not in result.output


def test_the_controller_does_not_log_it(place: Place) -> None:
    _configure(place, NOBODY_LISTENS[1])
    done = place.process("run")
    assert done.returncode == 1
    assert "hid" not in done.stdout + done.stderr


def test_where_nobody_listens_the_server_is_named(place: Place) -> None:
    _configure(place, NOBODY_LISTENS[1])
    result = place.ctl("get")
    assert "@127.0.0.1:1/office: error: the database cannot be reached" in result.stderr


@pytest.mark.parametrize(
    "text", ["database: [hidden, x", "database: {a: hidden}", "database: 'hid"]
)
def test_a_damaged_configuration_does_not_show_it(place: Place, text: str) -> None:
    lines = place.config.read_text().splitlines()
    place.config.write_text("\n".join([text, *lines[2:]]))
    result = place.ctl("get")
    assert result.exit_code == 1
    assert "hid" not in result.output


def _configure(place: Place, url: str) -> None:
    text = place.config.read_text()
    old = f"sqlite:///{place.folder}/controlplane.sqlite"
    assert old in text
    place.config.write_text(text.replace(old, json.dumps(url)))
