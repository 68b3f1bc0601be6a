"""AriSettings: any spelling of the URL, and never a password in a repr."""

from __future__ import annotations

from random import Random

import pytest

from controlplane.live.ari.connection import AriConnection
from controlplane.live.ari.requests import ping
from controlplane.live.ari.settings import AriSettings
from controlplane.live.errors import CommandRefused, LinkLost


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8088",
        "http://127.0.0.1:8088/",
        "http://127.0.0.1:8088/ari",
        "ws://127.0.0.1:8088/ari/",
    ],
)
def test_url(url: str) -> None:
    settings = AriSettings(url, "ctl", "x", "my app")
    assert settings.base == "http://127.0.0.1:8088/ari"
    assert settings.events_url == ("ws://127.0.0.1:8088/ari/events?app=my%20app&subscribeAll=false")


def test_tls() -> None:
    assert AriSettings("https://pbx:8089", "a", "b").events_url.startswith("wss://pbx:8089/ari/")


def test_the_password_is_not_shown() -> None:
    settings = AriSettings("http://x", "ctl", "pa55word")
    assert "pa55word" not in f"{settings} {settings!r}"


@pytest.mark.parametrize("url", ["", "x", "ftp://x", "http://", "http://me:secret@x"])
def test_bad_urls(url: str) -> None:
    with pytest.raises(CommandRefused) as caught:
        AriSettings(url, "ctl", "x")
    assert "secret" not in str(caught.value)


async def test_requests_before_the_link_is_up_fail_at_once() -> None:
    connection = AriConnection(AriSettings("http://127.0.0.1:1", "ctl", "x"), Random(1))
    with pytest.raises(LinkLost):
        await connection.request(ping())
    assert not connection.up
