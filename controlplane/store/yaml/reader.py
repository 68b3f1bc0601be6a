"""A tenant's YAML file, read into a validated phone system, with every fault at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from controlplane.diagnostics import Diagnostic, Faults, Severity, Source, printable
from controlplane.model.checks import check
from controlplane.model.documents import COLLECTIONS, SETTINGS
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.texts import Texts
from controlplane.store.yaml.blocks import Sections, agrees, cut
from controlplane.store.yaml.cache import ReadCache
from controlplane.store.yaml.collector import collector_paused
from controlplane.store.yaml.draft import Draft, draft
from controlplane.store.yaml.places import Places
from controlplane.store.yaml.syntax import ProblemError
from controlplane.store.yaml.text import load


@dataclass(frozen=True)
class Reading:
    """A sound phone system, its warnings, and where in the file everything stands."""

    system: PhoneSystem
    warnings: tuple[Diagnostic, ...]
    places: Places
    draft: Draft

    @cached_property
    def documents(self) -> Texts:
        """Those of `system`."""
        return self.draft.documents()

    def source(self, address: str) -> Source:
        """Where the longest known part of `address` is written."""
        return self.places.source(address)


def read_file(path: Path, cache: ReadCache | None = None) -> Reading:
    """Read a UTF-8 file; Faults where it cannot be opened or decoded, too."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Faults([Diagnostic(f"cannot read {path}: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        mend = "save the file as UTF-8"
        raise Faults(
            [Diagnostic("is not UTF-8 text", mend=mend, source=Source(str(path), line))]
        ) from None
    return read(text, str(path), cache)


def read(text: str, file: str, cache: ReadCache | None = None) -> Reading:
    """Read a tenant's file; `file` names it in diagnostics.

    With a `cache` of an earlier reading only what changed since is parsed; the result is the
    same. Raises Faults with every fault of the file, warnings among them.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    with collector_paused():
        sections = cut(text) if cache is not None else None
        made = cache.revise(sections) if cache and sections else None
        if made is None:
            made, sections = _read_whole(text, file, sections)
        if cache is not None and sections:
            cache.keep(sections, made)
        system = made.system()
        found = check(system, made.faulty)
        sound = not made.faults and all(item.severity is Severity.WARNING for item in found)
        places = Places(text, file, sections if sound else None)
        located = [
            item if item.source else replace(item, source=places.source(item.address))
            for item in dict.fromkeys((*made.faults, *found))
        ]
    located.sort(key=_by_place)
    if not sound:
        raise Faults(located)
    return Reading(system, tuple(located), places, made)


def _read_whole(text: str, file: str, sections: Sections | None) -> tuple[Draft, Sections | None]:
    """Parse all of it; the sections come back where the parser agrees with them."""
    try:
        loaded = load(text)
    except ProblemError as problem:
        source = Source(file, problem.line, problem.column)
        address = "/".join(map(printable, problem.path))
        raise Faults([Diagnostic(problem.message, address, problem.mend, source)]) from None
    made = draft(loaded.value)
    if loaded.problems:
        made.faults += _text_faults(loaded.problems, made.tenant, Places(text, file))
    if sections:
        cuts = ((section.name, section.entries) for section in sections)
        if made.faults or not agrees(cuts, loaded.value):
            sections = None
    return made, sections


def _text_faults(
    problems: tuple[ProblemError, ...], tenant: str, places: Places
) -> Iterator[Diagnostic]:
    for problem in problems:
        collection = problem.path and problem.path[0] in (*COLLECTIONS, "tenant")
        path = problem.path if collection else (SETTINGS, *problem.path)
        address = "/".join(map(printable, (tenant, *path)))
        mend = problem.mend
        if problem.repeats:
            mend = f"line {places.source(address).line} has it already: {mend}"
        source = Source(places.file, problem.line, problem.column)
        yield Diagnostic(problem.message, address, mend, source)


def _by_place(item: Diagnostic) -> tuple[int, int, str, str]:
    source = item.source or Source("", 0, 0)
    return source.line, source.column, item.address, item.message
