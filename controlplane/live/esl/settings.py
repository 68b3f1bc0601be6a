"""Where an event socket is, what we want to hear from it, and how patient we are."""

from __future__ import annotations

from dataclasses import dataclass, field

from controlplane.live.esl.commands import Command, add_filter, auth, event_plain
from controlplane.live.wire_text import checked_name


@dataclass(frozen=True, slots=True)
class EslSettings:
    """`events` are names such as CHANNEL_HANGUP, `custom` subclasses such as sofia::register.

    `filters` are (header, value); with any, only events that match some of them arrive.
    """

    host: str
    password: str = field(repr=False)
    port: int = 8021
    events: tuple[str, ...] = ()
    custom: tuple[str, ...] = ()
    filters: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        checked_name("the ESL host", self.host)
        auth(self.password)
        self.subscription()

    @property
    def place(self) -> str:
        return f"ESL at {self.host}:{self.port}"

    def subscription(self) -> tuple[Command, ...]:
        """Results of background jobs are always among them. Raises CommandRefused."""
        filters = self.filters and (("Event-Name", "BACKGROUND_JOB"), *self.filters)
        return (
            *(add_filter(header, value) for header, value in filters),
            event_plain(("BACKGROUND_JOB", *self.events), self.custom),
        )


@dataclass(frozen=True, slots=True)
class EslTimings:
    """All in seconds."""

    request: float = 5.0
    job: float = 30.0
    connect: float = 5.0
    """For the connection and the password, and for the channel's data on an outbound socket."""
    heartbeat: float = 4.0
    """Ask after this much silence; a peer that stays silent half as long again is dead.
    Silence during a command within its time limit does not count: `api` blocks the engine's
    side of the connection."""
    retry_first: float = 0.1
    retry_most: float = 5.0
    linger: int = 5
    """How long the engine keeps an outbound socket after hang-up, at most."""


DEFAULT_TIMINGS = EslTimings()
