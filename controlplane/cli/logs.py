"""Structured logs: one JSON object a line on stderr, no secret, nothing a terminal would obey."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any

import structlog

from controlplane.model.change import masked

Event = MutableMapping[str, Any]

_SIMPLE = (str, int, float)
_ENCODER = json.JSONEncoder(ensure_ascii=True, default=str)


def configure(verbose: bool = False) -> None:
    """For the whole process. Lines of other libraries (INFO at most) come out alike."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    last = structlog.processors.JSONRenderer(_as_json)
    level = logging.DEBUG if verbose else logging.INFO
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    foreign: list[structlog.types.Processor] = [structlog.stdlib.add_logger_name, *shared]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=foreign,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level if verbose else logging.WARNING)


def hide_secrets(_logger: Any, _method: str, event: Event) -> Event:
    """Hides, at any depth, what a field's name says is a password, PIN, secret or token."""
    for key, value in event.items():
        if not (isinstance(value, _SIMPLE) and _harmless(key)):
            event[key] = masked(_plain(value), key)
    return event


@lru_cache(1024)
def _harmless(key: str) -> bool:
    """Whether a field of this name is shown; lines have few names, and there are many lines."""
    return bool(masked("", key) == "")


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(inner) for inner in value]
    return value


def _as_json(event: Any, **_options: Any) -> str:
    """In ASCII: every control and bidirectional character is escaped, DEL by ourselves."""
    return _ENCODER.encode(event).replace("\x7f", "\\u007f")
