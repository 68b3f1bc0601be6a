"""Reading with a cache gives what reading without one gives."""

from __future__ import annotations

import importlib.util
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.diagnostics import Diagnostic, Faults
from controlplane.model.documents import to_documents
from controlplane.model.phone_system import PhoneSystem
from controlplane.store.yaml.blocks import cut
from controlplane.store.yaml.cache import ReadCache
from controlplane.store.yaml.reader import read

EXAMPLES = Path(__file__).parents[4] / "examples"
ACME = (EXAMPLES / "acme.yaml").read_text()
Result = PhoneSystem | tuple[Diagnostic, ...]


def large_tenant(lines: int) -> str:
    path = EXAMPLES / "generate_large.py"
    spec = importlib.util.spec_from_file_location("generate_large", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text: str = module.large_tenant(lines)
    return text


SMALL = large_tenant(6)


def result(text: str, cache: ReadCache | None = None) -> tuple[Result, tuple[Diagnostic, ...]]:
    try:
        reading = read(text, "t.yaml", cache)
    except Faults as faults:
        return faults.diagnostics, ()
    order = [list(getattr(reading.system, name)) for name in ("lines", "users", "numbers")]
    assert order == [
        list(getattr(read(text, "t.yaml").system, n)) for n in ("lines", "users", "numbers")
    ]
    assert reading.documents == to_documents(reading.system)
    return reading.system, reading.warnings


def warm(text: str) -> ReadCache:
    cache = ReadCache()
    read(text, "t.yaml", cache)
    return cache


def test_only_changed_entries_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    from controlplane.store.yaml import cache

    parsed: list[str] = []
    load = cache.load
    monkeypatch.setattr(cache, "load", lambda text: parsed.append(text) or load(text))
    cache = warm(SMALL)
    edited = SMALL.replace("ring: 18s", "ring: 19s", 1)
    assert edited != SMALL
    assert read(edited, "t.yaml", cache).system == read(edited, "t.yaml").system
    assert parsed[0].count("ring: ") == 1
    assert "PH-1000" not in parsed[0]
    assert "user-1000:" not in parsed[0]


def test_an_edited_comment_parses_no_entry_twice() -> None:
    """A collection of which nothing but its head changed is known still."""
    text = "# ours\n" + SMALL
    cache = warm(text)
    edited = text.replace("\nlines:\n", "\nlines: # all of them\n")
    assert edited != text
    assert result(edited, cache) == result(edited)
    assert len(cache) == len(warm(text))


@pytest.mark.parametrize("text", [ACME, SMALL])
def test_a_cache_survives_its_bytes(text: str) -> None:
    cache = warm(text)
    again = ReadCache.from_bytes(cache.to_bytes())
    assert len(again) == len(cache) > 20
    assert result(text, again) == result(text)
    assert again.to_bytes() == cache.to_bytes()


@settings(deadline=None)
@given(st.data())
def test_damaged_bytes_are_an_empty_cache(data: st.DataObject) -> None:
    content = bytearray(warm(SMALL).to_bytes())
    index = data.draw(st.integers(0, len(content) - 1))
    content[index] ^= data.draw(st.integers(1, 255))
    assert len(ReadCache.from_bytes(bytes(content))) == 0
    assert len(ReadCache.from_bytes(bytes(content[:index]))) == 0


TRICKY = [
    '    label: "open\n',
    '  "101": {label: "open\n',
    "  '1001': {label: 'a\n  b'}\n",
    "    label: |\n      text\n",
    "    label: >\n     text\n # comment\n",
    "lines:\n",
    "users: {}\n",
    "groups: {sales: {members: [1000]}}\n",
    "name: &a X\n",
    "  '1002': *a\n",
    "  1003: &b {ring: 20s}\n",
    "  1004: {<<: {ring: 20s}}\n",
    "  '1005': !!map {ring: 20s}\n",
    "  ? '1006'\n  : {}\n",
    " '1007': {}\n",
    "   '1008': {}\n",
    "\t'1009': {}\n",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "  {a: b}: c\n",
    "  # comment\n",
    "# comment\n",
    "    ring: 30s\n",
    "    rnig: 30s\n",
    "  '1000': {user: nobody}\n",
    "  +44 2070000000: {}\n",
    "  '+442070000000': {}\n",
    "  +442070000009: {}\n",
    "[\n",
    "]\n",
    "}\n",
    '"\n',
    "'\n",
    "\x00\n",
    "\u2028",
    "\r",
    "",
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([ACME, SMALL]), st.data())
def test_random_edits_read_alike(original: str, data: st.DataObject) -> None:
    cache = warm(original)
    text = original
    for _ in range(data.draw(st.integers(1, 3))):
        lines = text.splitlines(keepends=True)
        at = data.draw(st.integers(0, max(len(lines) - 1, 0)))
        match data.draw(st.sampled_from(["insert", "delete", "copy", "replace", "cut", "type"])):
            case "insert":
                lines.insert(at, data.draw(st.sampled_from(TRICKY)))
            case "replace":
                lines[at : at + 1] = [data.draw(st.sampled_from(TRICKY))]
            case "delete":
                del lines[at : at + data.draw(st.integers(1, 4))]
            case "copy":
                to = data.draw(st.integers(0, len(lines)))
                lines[to:to] = lines[at : at + data.draw(st.integers(1, 3))]
            case "cut":
                lines = ["".join(lines)[: data.draw(st.integers(0, len(text)))]]
            case "type":
                whole = "".join(lines)
                where = data.draw(st.integers(0, len(whole)))
                lines = [
                    whole[:where],
                    data.draw(st.sampled_from("\"'{}[]:,#&*!|>- \n")),
                    whole[where:],
                ]
        text = "".join(lines)
        assert result(text, cache) == result(text)
    assert result(original, cache) == result(original)


def test_sources_are_the_same_with_and_without_sections() -> None:
    cache = warm(ACME)
    cached, plain = read(ACME, "t.yaml", cache), read(ACME, "t.yaml")
    assert cut(ACME) is not None
    for address in (
        "acme",
        "acme/settings/timezone",
        "acme/sites",
        "acme/sites/leeds/address",
        "acme/lines/103/forward/offline/0",
        "acme/lines/888",
        "acme/trunks/uplink/host",
        "acme/numbers/+441134960104",
    ):
        assert cached.source(address) == plain.source(address)


@pytest.mark.timeout(120)
def test_ten_thousand_lines_are_read_in_time() -> None:
    """Of processor time, and generous: the limits catch a wrong growth, not a busy machine."""
    text = large_tenant(10_000)
    cache = ReadCache()
    started = time.process_time()
    read(text, "t.yaml", cache)
    cold = time.process_time() - started
    index = random.Random(7).randrange(10_000)
    edited = text.replace(f"last: Number{10_000 + index}\n", "last: Changed\n")
    assert edited != text
    started = time.process_time()
    reading = read(edited, "t.yaml", cache)
    again = time.process_time() - started
    assert reading.system.users[f"user-{10_000 + index}"].last == "Changed"
    assert cold < 8
    assert again < 1.5
    assert again < cold / 2
