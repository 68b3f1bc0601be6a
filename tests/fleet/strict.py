"""Strict reading of files: whatever a phone might read in another way than meant is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lxml import etree

Check = Callable[[str], bool]


class Malformed(Exception):
    """A file that a phone of this vendor would refuse or misread; the message says where."""


def text_of(body: bytes, name: str) -> str:
    """UTF-8 without a byte order mark and without control characters but line ends and tabs."""
    if body.startswith(b"\xef\xbb\xbf"):
        raise Malformed(f"{name}: a byte order mark")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"{name}: no UTF-8 at byte {error.start}") from None
    if found := re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]", text):
        raise Malformed(f"{name}: control character {ord(found[0]):#x}")
    return text


def lines_of(body: bytes, name: str) -> list[str]:
    """Lines without their ends; a lone carriage return is one that some phone takes for an end."""
    text = text_of(body, name).replace("\r\n", "\n")
    if "\r" in text:
        raise Malformed(f"{name}: a carriage return alone")
    if text and not text.endswith("\n"):
        raise Malformed(f"{name}: the last line has no end, it may have been cut off")
    return text.split("\n")[:-1]


def xml_of(body: bytes, name: str, roots: Iterable[str]) -> etree._Element:
    """The root of well-formed XML of UTF-8 without document type, its name one of `roots`."""
    text_of(body, name)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Malformed(f"{name}: {error}") from None
    info = root.getroottree().docinfo
    if info.doctype:
        raise Malformed(f"{name}: a document type")
    if (info.encoding or "UTF-8").upper() != "UTF-8":
        raise Malformed(f"{name}: encoding {info.encoding}")
    if root.tag not in roots:
        raise Malformed(f"{name}: the root is {root.tag}")
    for it in root.iter():
        if isinstance(it, etree._ProcessingInstruction | etree._Entity):
            raise Malformed(f"{name}: {it}")
    return root


def json_of(body: bytes, name: str) -> dict[str, Any]:
    """One object of RFC 8259, no key of it twice."""
    try:
        found = json.loads(
            text_of(body, name), object_pairs_hook=_once_each, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{name}: {error}") from None
    if not isinstance(found, dict):
        raise Malformed(f"{name}: no object")
    return found


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if twice := {it for it in keys if keys.count(it) > 1}:
        raise ValueError(f"{sorted(twice)} a second time")
    return dict(pairs)


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is none of JSON")


def children(element: etree._Element) -> list[etree._Element]:
    """Of an element that holds elements only."""
    found = [it for it in element if isinstance(it.tag, str)]
    between = [element.text, *(it.tail for it in element)]
    if found and any((it or "").strip() for it in between):
        raise Malformed(f"<{element.tag}>: text between elements")
    return found


def leaf(element: etree._Element) -> str:
    """The text of an element that holds text only."""
    if any(isinstance(it.tag, str) for it in element):
        raise Malformed(f"<{element.tag}>: an element where a value was expected")
    return "".join([element.text or "", *(it.tail or "" for it in element)])


# --- what a value may be ------------------------------------------------------------------------


def whole(lowest: int, highest: int) -> Check:
    return lambda value: bool(re.fullmatch(r"-?\d{1,9}", value)) and lowest <= int(value) <= highest


def among(*words: str) -> Check:
    return lambda value: value in words


def shaped(pattern: str) -> Check:
    return lambda value: bool(re.fullmatch(pattern, value))


def text(longest: int) -> Check:
    """Of at most so many characters, without line ends."""
    return lambda value: len(value) <= longest and not re.search(r"[\r\n\t]", value)


flag = among("0", "1")
port = whole(0, 65535)
host = shaped(r"|[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[?[0-9A-Fa-f:]+\]?")
url = shaped(r"|(https?|tftp|ftp)://[!-~]{1,500}")
anything = text(512)


class Names:
    """The settings a vendor's phones know: pattern of a name to what its value may be.

    `#` in a pattern stands for a number from 1. A phone passes over a name that it does not know,
    so that a slip of the pen is a setting that is never made: here it is refused.
    """

    def __init__(self, names: Mapping[str, Check]) -> None:
        self._exact = {name: check for name, check in names.items() if "#" not in name}
        self._numbered = [
            (re.compile(re.escape(name).replace(r"\#", r"[1-9]\d{0,2}")), check)
            for name, check in names.items()
            if "#" in name
        ]

    def require(self, file: str, name: str, value: str) -> None:
        if not self.check_of(file, name)(value):
            raise Malformed(f"{file}: {name}: {value!r} is no value of it")

    def check_of(self, file: str, name: str) -> Check:
        check = self._exact.get(name) or next(
            (check for pattern, check in self._numbered if pattern.fullmatch(name)), None
        )
        if check is None:
            raise Malformed(f"{file}: {name}: no such setting")
        return check
