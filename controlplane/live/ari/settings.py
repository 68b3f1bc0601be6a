"""Where ARI is, who we are there, and how patient we are."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from controlplane.live.errors import CommandRefused
from controlplane.live.wire_text import checked, checked_name


@dataclass(frozen=True, slots=True)
class AriSettings:
    """`url` is the engine's HTTP server, with or without `/ari`: `http://127.0.0.1:8088/ari`."""

    url: str
    user: str
    password: str = field(repr=False)
    application: str = "controlplane"
    rest_over_websocket: bool | None = None
    """None asks the engine at each connect; False always uses HTTP."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname:
            raise CommandRefused("the ARI URL is not of the form http://host:port/ari")
        if parts.username or parts.password:
            raise CommandRefused("the ARI URL must not carry a password; give it on its own")
        checked_name("the ARI user", self.user)
        checked("the ARI password", self.password)
        checked_name("the ARI application", self.application)

    @property
    def base(self) -> str:
        """`http://host:port/ari`, whatever the spelling of `url`."""
        scheme, _, rest = self.url.partition("://")
        base = f"{scheme.replace('ws', 'http', 1)}://{rest}".rstrip("/")
        return base if base.endswith("/ari") else f"{base}/ari"

    @property
    def events_url(self) -> str:
        name = quote(self.application, safe="")
        return f"ws{self.base[4:]}/events?app={name}&subscribeAll=false"

    def authorization(self) -> str:
        """The value of the Authorization header."""
        return "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode()


@dataclass(frozen=True, slots=True)
class AriTimings:
    """All in seconds."""

    request: float = 5.0
    connect: float = 5.0
    probe: float = 1.0
    """How long an engine may take to show that it does REST over the WebSocket."""
    heartbeat: float = 4.0
    """Ping after this much silence; a peer that stays silent half as long again is dead."""
    retry_first: float = 0.1
    retry_most: float = 5.0
    keep_alive: float = 10.0
    """Idle HTTP connections; below the 15 s after which Asterisk closes them by itself."""


DEFAULT_TIMINGS = AriTimings()
