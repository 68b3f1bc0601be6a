"""What the last reading of a file made of each entry, so that only changed ones are read anew."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from importlib.resources import files

from controlplane.model.documents import collection_type
from controlplane.model.part import Part
from controlplane.store.yaml_blocks import Section, Sections, agrees
from controlplane.store.yaml_collector import collector_paused
from controlplane.store.yaml_draft import Draft, draft
from controlplane.store.yaml_syntax import ProblemError
from controlplane.store.yaml_text import load

Known = dict[str, tuple[str, Part]]
"""The text of an entry -> its key and its object."""


class ReadCache:
    """The valid entries of one file by their text. Not to be shared between threads."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    def __len__(self) -> int:
        return sum(len(known) for known in self._known.values())

    def revise(self, sections: Sections) -> Draft | None:
        """The draft of a file of which only unknown entries are parsed.

        None where the whole parse must decide: the changed part has a fault, or means
        something other than its cut says.
        """
        reduced = tuple(self._unknown(section) for section in sections)
        text = "".join(part for section in reduced for part in (section.head, *section.texts))
        try:
            loaded = load(text)
        except ProblemError:
            return None
        if loaded.problems or not agrees(reduced, loaded.value):
            return None
        made = draft(loaded.value)
        if made.faults:
            return None
        for whole, changed in zip(sections, reduced, strict=True):
            if whole.keys and not self._join(made, whole, changed):
                return None
        return made

    def keep(self, sections: Sections, made: Draft) -> None:
        """Know the entries of a faultless draft, and no others."""
        self._known = {
            section.name: dict(
                zip(section.texts, made.collections[section.name].items(), strict=True)
            )
            for section in sections
            if section.keys
        }

    def _unknown(self, section: Section) -> Section:
        known = self._known.get(section.name, {})
        entries = zip(section.keys, section.texts, strict=True)
        changed = [(key, text) for key, text in entries if text not in known]
        keys, texts = zip(*changed, strict=True) if changed else ((), ())
        return Section(section.name, section.head, section.offset, keys, texts)

    def _join(self, made: Draft, whole: Section, changed: Section) -> bool:
        """Put known and new entries in the file's order; False where two have one key."""
        known = self._known.get(whole.name, {})
        if len(changed.texts) != len(made.collections[whole.name]):
            return False
        fresh = dict(zip(changed.texts, made.collections[whole.name].items(), strict=True))
        joined = dict(fresh.get(text) or known[text] for text in whole.texts)
        made.collections[whole.name] = joined
        return len(joined) == len(whole.texts)

    def to_bytes(self) -> bytes:
        """For a file on disk; `from_bytes` reads it with this same version of the model."""
        lines = [json.dumps(list(self._known)).encode()]
        for collection, known in self._known.items():
            parts = dict(known.values())
            dumped = collection_type(collection).dump_json(
                parts, by_alias=True, exclude_defaults=True
            )
            lines += [json.dumps(list(known)).encode(), dumped]
        body = b"\n".join(lines)
        return _seal(body) + body

    @classmethod
    def from_bytes(cls, content: bytes) -> ReadCache:
        """An empty cache where `content` is damaged or of another version of the model."""
        cache = cls()
        seal, body = content[:_SEAL_SIZE], content[_SEAL_SIZE:]
        if seal != _seal(body):
            return cache
        head, *lines = body.split(b"\n")
        with collector_paused():
            for number, collection in enumerate(json.loads(head)):
                texts: list[str] = json.loads(lines[2 * number])
                parts = collection_type(collection).validate_json(lines[2 * number + 1])
                cache._known[collection] = dict(zip(texts, parts.items(), strict=True))
        return cache


_SEAL_SIZE = 32


def _seal(body: bytes) -> bytes:
    return hashlib.blake2b(body, key=_model_version(), digest_size=_SEAL_SIZE).digest()


@lru_cache(maxsize=1)
def _model_version() -> bytes:
    """Changes with the model's source: what its types make of a text may change with it."""
    digest = hashlib.blake2b(digest_size=32)
    for module in sorted(files("controlplane.model").iterdir(), key=lambda item: item.name):
        if module.name.endswith(".py"):
            digest.update(module.read_bytes())
    return digest.digest()
