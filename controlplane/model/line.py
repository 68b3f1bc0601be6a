"""Line: a callable identity — extension, PIN, features, mailbox."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from controlplane.model.answering import Answering, AnsweringRule, Callers
from controlplane.model.mailbox import Mailbox
from controlplane.model.part import E164, Name, OneOrMore, Seconds, Text
from controlplane.model.phone_key import Keys

DEFAULT_RING = 24
"""Four rings."""

Pin = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,10}$")]


class Refusal(StrEnum):
    """What a blocked caller hears."""

    FAST_BUSY = "fast-busy"
    MESSAGE = "message"


def _label(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _mailbox(value: Any) -> Any:
    """`voicemail: on` and `voicemail: off` as well as the settings themselves."""
    if isinstance(value, dict):
        return value
    match value.lower() if isinstance(value, str) else value:
        case True | "on" | "yes" | "true":
            return {}
        case False | "off" | "no" | "false":
            return None
    return value


class Line(Answering):
    """Its own answering settings are the default rule: it comes last and always holds.

    `ring`: seconds a call rings before it counts as unanswered.
    `do_not_disturb` wins over every rule. The first of `rules` that is enabled and whose time
    frame holds is active instead of the default rule.
    `allowed` callers pass screening and do not disturb; `blocked` ones get `blocked_hear`.

    `label` is the two-part display name of a line: it overrides its user's name.
    `keys` come first on whatever handset serves the line.
    `presented_number` is the caller ID shown outside; `hide_caller_id` wins over it.
    """

    user: Name | None = None
    label: Annotated[tuple[Text, ...], BeforeValidator(_label), Field(max_length=2)] = ()
    site: Name | None = None
    default_pin: Pin | None = None
    ring: Annotated[Seconds, Field(ge=1, le=600)] = DEFAULT_RING
    voicemail: Annotated[Mailbox | None, BeforeValidator(_mailbox)] = None
    rules: Annotated[tuple[AnsweringRule, ...], OneOrMore, Field(max_length=100)] = ()
    allowed: Callers = ()
    blocked: Callers = ()
    block_anonymous: bool = False
    blocked_hear: Refusal = Refusal.FAST_BUSY
    call_waiting: bool = True
    call_paths: Annotated[int, Field(ge=1, le=100)] = 2
    hide_caller_id: bool = False
    presented_number: E164 | None = None
    emergency_caller_id: E164 | None = None
    authorisation_code: bool = False
    record_calls: bool = False
    keys: Keys = ()
    in_directory: bool = True
    in_audio_directory: bool = True

    @property
    def mailbox(self) -> Mailbox | None:
        return self.voicemail if self.voicemail and self.voicemail.enabled else None
