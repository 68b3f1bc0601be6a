"""Structured logs: one JSON object a line on stderr, no secret, nothing a terminal would obey."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from controlplane.model.change import masked

Event = MutableMapping[str, Any]


def configure(verbose: bool = False) -> None:
    """For the whole process. Lines of other libraries (INFO at most) come out alike."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    last = structlog.processors.JSONRenderer(_as_json, default=str)
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
    hidden = masked({key: _plain(value) for key, value in event.items()})
    event.update(hidden)
    return event


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(inner) for inner in value]
    return value


def _as_json(event: Any, **options: Any) -> str:
    """In ASCII: every control and bidirectional character is escaped, DEL by ourselves."""
    return json.dumps(event, ensure_ascii=True, **options).replace("\x7f", "\\u007f")
