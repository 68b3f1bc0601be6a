"""What a called phone or carrier does with a call, and what a caller does; plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answers:
    """Rings (180), answers after `after` seconds, hangs up `hangs_up_after` seconds later.

    With `hangs_up_after=None` the call lasts until the other side ends it. Its sound is echoed.
    `presses` go out as SIP INFO, each `presses_after` seconds after the answer or the one before.
    `talks`: sends a tone of so many hertz instead of the echo.
    """

    after: float = 0.1
    hangs_up_after: float | None = None
    presses: str = ""
    presses_after: float = 1.0
    talks: int = 0


@dataclass(frozen=True)
class Rejects:
    """Refuses the call with a final SIP status (486 busy, 603 declined, 503 no circuit ...).

    With `after` set, it rings for that many seconds first.
    """

    status: int
    after: float | None = None


@dataclass(frozen=True)
class RingsOut:
    """Rings (180) until the engine cancels, then answers 487."""


@dataclass(frozen=True)
class Silent:
    """Takes the INVITE, answers 100 and nothing ever again, not even to a CANCEL."""


@dataclass(frozen=True)
class Unreachable:
    """Is registered, but nobody listens at its contact."""


@dataclass(frozen=True)
class Offline:
    """Is not registered (registering such a phone removes its contact)."""


Served = Answers | Rejects | RingsOut | Silent
Behaviour = Served | Unreachable | Offline

ANSWERS = Answers()
BUSY = Rejects(486)
DECLINES = Rejects(603)
NO_CIRCUIT = Rejects(503)
RINGS_OUT = RingsOut()
SILENT = Silent()
UNREACHABLE = Unreachable()
OFFLINE = Offline()


@dataclass(frozen=True)
class Phone:
    """A SIP account: the user part of its contact, and its digest password."""

    account: str
    password: str


@dataclass(frozen=True)
class Caller:
    """Who calls: a phone (`password` set) or a trunk told by its address (`password=None`).

    `number` is the user part of From; `display` its name; `ip` overrides the bank's own address
    (a trunk needs one, since the engine tells it by address). `headers` are added to the INVITE
    as they stand, e.g. ``("Privacy: id",)``.
    """

    number: str
    password: str | None = None
    display: str = ""
    ip: str | None = None
    headers: tuple[str, ...] = ()

    @property
    def account(self) -> str:
        """The digest user name: the From number."""
        return self.number


@dataclass(frozen=True)
class Manner:
    """How the caller behaves; all times in seconds.

    `hang_up_after`: after the answer, counted from the last digit if it sends any; None waits for
    the other side. `abandon_after`: hangs up (CANCEL) that long after the first 18x. `patience`:
    hangs up if not answered by then. `digits` go out as SIP INFO, the first `digits_after` s after
    the answer and `digit_gap` s apart, a `,` among them is a second more; with `digits_in_media` as
    RFC 4733 events instead, in one go (about 0.3 s a digit, counted in `hang_up_after`; sipp sends
    them on a raw socket, so this needs root). `talks` sends a tone as PCMU from the answer on.
    """

    hang_up_after: float | None = 0.5
    abandon_after: float | None = None
    patience: float = 60.0
    digits: str = ""
    digits_after: float = 0.5
    digit_gap: float = 0.3
    digits_in_media: bool = False
    talks: bool = False


HANGS_UP_SOON = Manner()
WAITS = Manner(hang_up_after=None)
