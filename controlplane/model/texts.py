"""Texts: documents as canonical JSON, compared as text and decoded only where looked at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from json.encoder import encode_basestring_ascii
from typing import Any

from controlplane.model.change import Document, Documents

_MARK = "\x1e"
_BETWEEN = ',"\\u001e",'
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


def encoded(document: Document) -> str:
    """Canonical JSON: equal documents are equal texts. ASCII, which every database takes whole."""
    return _encode(document)


def all_encoded(documents: Mapping[str, Document]) -> dict[str, str]:
    """Each of them `encoded`, several times as fast as one by one."""
    marked: list[Any] = []
    for document in documents.values():
        marked += (document, _MARK)
    texts = _encode(marked)[1 : -len(_BETWEEN)].split(_BETWEEN)
    if len(texts) != len(documents):  # none at all, or one holds the mark
        texts = [encoded(document) for document in documents.values()]
    return dict(zip(documents, texts, strict=True))


def json_object(members: Mapping[str, str]) -> str:
    """A JSON object whose values are JSON already."""
    pairs = (f"{encode_basestring_ascii(key)}:{text}" for key, text in members.items())
    return f"{{{','.join(pairs)}}}"


class Texts(Mapping[str, Document]):
    """Documents by address. `texts`: what `encoded` writes of each."""

    __slots__ = ("_looked_at", "texts")

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self._looked_at: dict[str, Document] = {}

    @classmethod
    def of(cls, documents: Documents) -> Texts:
        if isinstance(documents, Texts):
            return documents
        return cls(all_encoded(documents))

    def __getitem__(self, address: str) -> Document:
        if address not in self._looked_at:
            self._looked_at[address] = json.loads(self.texts[address])
        return self._looked_at[address]

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    def __contains__(self, address: object) -> bool:
        return address in self.texts

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Texts):
            return self.texts == other.texts
        return self.decoded() == other if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Texts({self.decoded()!r})"

    def decoded(self) -> dict[str, Document]:
        """All of them: one parse is several times as fast as one each."""
        values: list[Any] = json.loads(f"[{','.join(self.texts.values())}]")
        return dict(zip(self.texts, values, strict=True))

    def looked_at(self, addresses: Iterable[str]) -> Mapping[str, Document]:
        """Those of these addresses, decoded all at once, and maybe others."""
        known, texts = self._looked_at, self.texts
        texts = {it: texts[it] for it in addresses if it in texts and it not in known}
        known |= Texts(texts).decoded()
        return known

    def differing(self, other: Texts) -> list[str]:
        """The addresses at which only one has a document, or each another one."""
        mine, theirs = self.texts, other.texts
        found = [address for address, text in mine.items() if theirs.get(address) != text]
        return found + [address for address in theirs if address not in mine]
