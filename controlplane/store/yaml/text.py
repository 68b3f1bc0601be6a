"""YAML text as plain values: text, None, lists and dicts, and on demand the place of every key.

Scalars stay the text that was written, so that `0123`, `NO` and `09:00-17:30` mean what they
look like; the model's types convert. The parser's events are followed with a stack of our own:
a deeply nested file ends in a diagnostic instead of exhausting the C stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from controlplane.model.checks.words import quoted
from controlplane.store.yaml.syntax import (
    MAX_DEPTH,
    TOO_DEEP,
    Path,
    Place,
    ProblemError,
    refuse_characters,
    unreadable,
)

MAX_ALIASED = 1_000_000
"""Values that the aliases of one file may stand for; a file that multiplies beyond is refused."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_PLAIN_TAGS = frozenset(
    {None, "!"}
    | {
        f"tag:yaml.org,2002:{name}"
        for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")
    }
)


@dataclass(frozen=True)
class Loaded:
    """`problems` are the faults that did not stop the reading."""

    value: Any
    problems: tuple[ProblemError, ...] = ()


@dataclass(slots=True)
class _Frame:
    """An open list or mapping; `key` is the mapping's key that waits for its value."""

    value: Any
    is_list: bool
    anchor: str | None
    started: int
    key: str | None = None
    key_event: Any = None
    merges: list[tuple[Any, Any]] | None = None


def load(text: str, places: dict[Path, Place] | None = None) -> Loaded:
    """Read one document; `places` is filled with where each key and list item stands.

    Raises ProblemError where the text cannot be read on.
    """
    refuse_characters(text)
    builder = _Builder(places)
    try:
        builder.follow(yaml.CSafeLoader(text))
    except yaml.YAMLError as error:
        raise unreadable(error, text) from None
    return Loaded(builder.root, tuple(builder.problems))


def place_of(event: Event) -> Place:
    mark = event.start_mark
    assert mark is not None
    return mark.line + 1, mark.column + 1


class _Builder:
    """Follows parser events; the innermost open container is the last frame."""

    def __init__(self, places: dict[Path, Place] | None) -> None:
        self.root: Any = None
        self.problems: list[ProblemError] = []
        self._places = places
        self._frames: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._seen = 0
        self._aliased = 0
        self._documents = 0

    def follow(self, parser: Any) -> None:
        next_event = parser.get_event
        while True:
            event = next_event()
            kind = type(event)
            self._seen += 1
            if kind is ScalarEvent:
                self._scalar(event)
            elif kind is MappingStartEvent:
                self._open(event, {}, False)
            elif kind is SequenceStartEvent:
                self._open(event, [], True)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close()
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentStartEvent:
                self._document(event)
            elif kind is StreamEndEvent:
                return

    def _scalar(self, event: ScalarEvent) -> None:
        frame = self._frames[-1] if self._frames else None
        text: str = event.value
        if frame is not None and not frame.is_list and frame.key is None:
            frame.key = text
            frame.key_event = event
            if event.anchor:
                self._anchors[event.anchor] = (text, 1)
            return
        tag = event.tag
        value = None if text in _NULLS and event.implicit[0] and tag is None else text
        if tag not in _PLAIN_TAGS:
            self._unknown_tag(event)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._attach(value, event)

    def _open(self, event: CollectionStartEvent, value: Any, is_list: bool) -> None:
        self._check_key(event)
        if len(self._frames) >= MAX_DEPTH:
            raise ProblemError(*TOO_DEEP, *place_of(event))
        if event.tag not in _PLAIN_TAGS:
            self._unknown_tag(event)
        self._attach(value, event)
        self._frames.append(_Frame(value, is_list, event.anchor, self._seen))

    def _close(self) -> None:
        frame = self._frames.pop()
        for value, event in frame.merges or ():
            self._merge(frame, value, event)
        if self._frames:
            self._frames[-1].key = None
        if frame.anchor:
            self._anchors[frame.anchor] = (frame.value, self._seen - frame.started)

    def _alias(self, event: AliasEvent) -> None:
        known = self._anchors.get(event.anchor or "")
        if known is None:
            self._problem(
                f"there is no anchor &{event.anchor} before this", "define it first", event
            )
            known = (None, 1)
        value, weight = known
        self._seen += weight
        self._aliased += weight
        if self._aliased > MAX_ALIASED:
            raise ProblemError(
                "aliases multiply the file beyond all bounds", "write it out", *place_of(event)
            )
        frame = self._frames[-1] if self._frames else None
        if frame is not None and not frame.is_list and frame.key is None and type(value) is str:
            frame.key, frame.key_event = value, event
            return
        self._check_key(event)
        self._attach(value, event)

    def _attach(self, value: Any, event: Event) -> None:
        """Put a value where it belongs; a container keeps its key until it is closed."""
        if not self._frames:
            self.root = value
            return
        frame = self._frames[-1]
        if frame.is_list:
            frame.value.append(value)
            if self._places is not None:
                self._places.setdefault(self._path(), place_of(event))
            return
        key, key_event = frame.key, frame.key_event
        assert key is not None
        assert key_event is not None
        if key == "<<" and key_event.implicit[0]:
            frame.merges = [*(frame.merges or ()), (value, key_event)]
        elif key in frame.value:
            self._repeated(key_event)
        else:
            frame.value[key] = value
            if self._places is not None:
                self._places.setdefault(self._path(), place_of(key_event))
        if not isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            frame.key = None

    def _merge(self, frame: _Frame, value: Any, event: Event) -> None:
        """`<<: *defaults`: what the mapping does not say itself comes from the merged one."""
        for source in value if isinstance(value, list) else [value]:
            if isinstance(source, dict):
                for key, inherited in source.items():
                    frame.value.setdefault(key, inherited)
            else:
                self._problem("<< takes settings only", "write <<: *ANCHOR of a mapping", event)

    def _check_key(self, event: Event) -> None:
        frame = self._frames[-1] if self._frames else None
        if frame is not None and not frame.is_list and frame.key is None:
            raise ProblemError(
                "a key is a list or a mapping",
                "write a plain key; a value that starts with { or [ needs quotes",
                *place_of(event),
                self._path(),
            )

    def _document(self, event: Event) -> None:
        self._documents += 1
        if self._documents > 1:
            raise ProblemError(
                "a second document starts here",
                "remove the ---, and keep one tenant in a file",
                *place_of(event),
            )

    def _unknown_tag(self, event: ScalarEvent | CollectionStartEvent) -> None:
        tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
        self._problem(f"the tag {quoted(tag)} means nothing here", "remove it", event)

    def _repeated(self, event: Event) -> None:
        path = self._path()
        message = f"the key {quoted(path[-1])} is here twice"
        place = place_of(event)
        self.problems.append(ProblemError(message, "keep one", *place, path, repeats=True))

    def _problem(self, message: str, mend: str, event: Event) -> None:
        self.problems.append(ProblemError(message, mend, *place_of(event), self._path(ahead=1)))

    def _path(self, ahead: int = 0) -> Path:
        """The path of the value attached last, or `ahead` of it in an open list."""
        steps = [str(len(f.value) - 1) if f.is_list else f.key for f in self._frames]
        if ahead and self._frames and self._frames[-1].is_list:
            steps[-1] = str(len(self._frames[-1].value))
        return tuple(step for step in steps if step is not None)
