"""What the last reading of a file made of it, so that only what changed is read anew."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from controlplane.store.yaml.blocks import Entries, Section, Sections, agrees
from controlplane.store.yaml.draft import Draft, draft
from controlplane.store.yaml.syntax import ProblemError
from controlplane.store.yaml.text import load


@dataclass(frozen=True, slots=True)
class Known:
    """A collection as it was: all its text, and by key the documents, as canonical JSON."""

    section: Section
    documents: dict[str, str]

    def by_text(self) -> dict[str, tuple[str, str]]:
        """The text of an entry -> its key and its document."""
        entries = self.section.entries
        texts = entries.texts if entries else ()
        return dict(zip(texts, self.documents.items(), strict=True))


class ReadCache:
    """The valid collections of one file by their text. Not to be shared between threads."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    def __len__(self) -> int:
        return sum(len(known.documents) for known in self._known.values())

    def revise(self, sections: Sections) -> Draft | None:
        """The draft of a file of which only unknown entries are parsed.

        None where the whole parse must decide: the changed part has a fault, or means
        something other than its cut says.
        """
        changed = {section.name: _Changed(section, self._of(section)) for section in sections}
        reduced = [(name, it.unknown) for name, it in changed.items()]
        text = "".join(part for _, it in reduced if it for part in (it.head, *it.texts))
        try:
            loaded = load(text)
        except ProblemError:
            return None
        if loaded.problems or not agrees(reduced, loaded.value):
            return None
        made = draft(loaded.value)
        if made.faults or not all(it.join(made) for it in changed.values()):
            return None
        return made

    def keep(self, sections: Sections, made: Draft) -> None:
        """Know the collections of a faultless draft, and no others."""
        self._known = {
            section.name: Known(section, made.texts(section.name))
            for section in sections
            if section.is_collection and made.texts(section.name)
        }

    def _of(self, section: Section) -> Known | None:
        return self._known.get(section.name) if section.is_collection else None

    def to_bytes(self) -> bytes:
        """For a file on disk; `from_bytes` reads it with this same version of model and reader."""
        fields: list[str] = []
        for name, known in self._known.items():
            fields += [name, known.section.text, str(len(known.documents))]
            fields += [*known.documents, *known.documents.values()]
        body = _BETWEEN.join(fields).encode()
        return _seal(body) + body

    @classmethod
    def from_bytes(cls, content: bytes) -> ReadCache:
        """An empty cache where `content` is damaged or of another version."""
        cache = cls()
        body = memoryview(content)[_SEAL_SIZE:]
        if content[:_SEAL_SIZE] != _seal(body):
            return cache
        fields = str(body, "utf-8").split(_BETWEEN) if body else []
        at = 0
        while at < len(fields):
            name, text, count = fields[at : at + 3]
            keys, end = at + 3 + int(count), at + 3 + 2 * int(count)
            documents = dict(zip(fields[at + 3 : keys], fields[keys:end], strict=True))
            cache._known[name] = Known(Section(name, text, 0, True), documents)
            at = end
        return cache


class _Changed:
    """A section of the file as it is now, beside what is known of it."""

    def __init__(self, section: Section, known: Known | None) -> None:
        self._section = section
        self._same = known.documents if known and known.section.text == section.text else None
        self._known = known.by_text() if known and self._same is None else {}
        self.unknown = self._unknown()

    def _unknown(self) -> Entries | None:
        """What is to be parsed of it; None where its entries cannot be cut."""
        if self._same is not None:
            return Entries(f"{self._section.name}:\n")
        entries = self._section.entries
        if entries is None or not self._known:
            return entries
        pairs = zip(entries.keys, entries.texts, strict=True)
        changed = {key: text for key, text in pairs if text not in self._known}
        return Entries(entries.head, tuple(changed), tuple(changed.values()))

    def join(self, made: Draft) -> bool:
        """Put known and new entries in the file's order; False where two have one key."""
        name, entries = self._section.name, self._section.entries if self._known else None
        if self._same is not None:
            made.replace(name, self._same)
        if entries is None or self.unknown is None:
            return True
        fresh = made.texts(name)
        if len(fresh) != len(self.unknown.texts):
            return False
        known = self._known | dict(zip(self.unknown.texts, fresh.items(), strict=True))
        joined = dict(known[text] for text in entries.texts)
        made.replace(name, joined)
        return len(joined) == len(entries.texts)


_BETWEEN = "\x1e"
"""A control character: neither YAML that was read nor canonical JSON holds one."""

_SEAL_SIZE = 32


def _seal(body: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(_version())
    digest.update(body)
    return digest.digest()


@lru_cache(maxsize=1)
def _version() -> bytes:
    """Changes with the source of model and reader: what they make of a text may change with it."""
    digest = hashlib.sha256()
    for package in ("controlplane.model", __package__):
        modules = [it for it in files(package).iterdir() if it.name.endswith(".py")]
        for module in sorted(modules, key=lambda item: item.name):
            digest.update(module.read_bytes())
    return digest.digest()
