"""Phone books as phones download them: each vendor's XML, Mitel's list, vCards of apps.

Sources: the vendors' guides on remote phone books and XML directories; they share a shape, of which
the root element bears the vendor's name.
"""

from __future__ import annotations

import csv
import re

from tests.fleet.strict import Malformed, children, leaf, lines_of, text_of, xml_of

Contact = tuple[str, str]
"""Name and number."""

_ROOTS = {
    "yealink": "YealinkIPPhoneDirectory",
    "cisco": "CiscoIPPhoneDirectory",
    "fanvil": "FanvilIPPhoneDirectory",
    "snom": "SnomIPPhoneDirectory",
}
_MOST_ITEMS = 15
_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")


def contacts_of(vendor: str, body: bytes, name: str) -> list[Contact]:
    if vendor in ("linphone", "softphone"):
        found = _vcards(body, name)
    elif vendor == "grandstream":
        found = _address_book(body, name)
    elif vendor == "mitel" and not text_of(body, name).lstrip().startswith("<"):
        found = _list(body, name)
    elif vendor == "mitel":
        found = _menu(body, name)
    else:
        found = _directory(body, name, _ROOTS[vendor])
    for who, number in found:
        if not who or not _NUMBER.fullmatch(number):
            raise Malformed(f"{name}: {who!r} has the number {number!r}")
    return found


def _directory(body: bytes, name: str, root: str) -> list[Contact]:
    found = []
    for entry in children(xml_of(body, name, [root])):
        if entry.tag in ("Title", "Prompt"):
            leaf(entry)
            continue
        fields = [(str(it.tag), leaf(it)) for it in children(entry)]
        tags = [tag for tag, _ in fields]
        if (root, entry.tag) == (_ROOTS["cisco"], "SoftKeyItem"):
            if tags != ["Name", "URL", "Position"]:
                raise Malformed(f"{name}: <SoftKeyItem> of {tags}")
            continue
        if entry.tag != "DirectoryEntry" or tags[:2] != ["Name", "Telephone"]:
            raise Malformed(f"{name}: <{entry.tag}> of {tags}")
        if set(tags[2:]) - {"Telephone"}:
            raise Malformed(f"{name}: <{entry.tag}> of {tags}")
        found += [(fields[0][1], number) for _, number in fields[1:]]
    return found


def _menu(body: bytes, name: str) -> list[Contact]:
    """Of the Aastra XML interface: what a directory's items dial is their URI."""
    root = xml_of(body, name, ["AastraIPPhoneDirectory"])
    if set(root.attrib) - {"next", "previous"}:
        raise Malformed(f"{name}: {dict(root.attrib)}")
    found = []
    for item in children(root):
        if item.tag == "Title":
            leaf(item)
            continue
        fields = [(str(it.tag), leaf(it)) for it in children(item)]
        if item.tag != "MenuItem" or [tag for tag, _ in fields] != ["Prompt", "URI"]:
            raise Malformed(f"{name}: <{item.tag}> of {fields}")
        found.append((fields[0][1], fields[1][1]))
    if len(found) > _MOST_ITEMS:
        raise Malformed(f"{name}: {len(found)} items")
    return found


def _address_book(body: bytes, name: str) -> list[Contact]:
    found = []
    for contact in children(xml_of(body, name, ["AddressBook"])):
        if contact.tag in ("version", "pbgroup"):
            continue
        if contact.tag != "Contact":
            raise Malformed(f"{name}: <{contact.tag}>")
        parts = {str(it.tag): it for it in children(contact)}
        if not {"Phone"} <= set(parts) or not {"FirstName", "LastName"} & set(parts):
            raise Malformed(f"{name}: <Contact> of {sorted(parts)}")
        names = [leaf(parts[it]) for it in ("FirstName", "LastName") if it in parts]
        phone = {str(it.tag): leaf(it) for it in children(parts["Phone"])}
        found.append((" ".join(filter(None, names)), phone.get("phonenumber", "")))
    return found


def _list(body: bytes, name: str) -> list[Contact]:
    try:
        rows = list(csv.reader(lines_of(body, name), strict=True))
    except csv.Error as error:
        raise Malformed(f"{name}: {error}") from None
    if any(len(row) < 2 for row in rows if row):
        raise Malformed(f"{name}: a line without a number")
    return [(row[0].strip(), row[1].strip()) for row in rows if row]


def _vcards(body: bytes, name: str) -> list[Contact]:
    """RFC 6350: cards of version 4.0 with one name and one number each, lines ended by CRLF."""
    lines = text_of(body, name).split("\r\n")
    if lines.pop() or any("\n" in it or "\r" in it for it in lines):
        raise Malformed(f"{name}: a line of a vCard ends with CRLF")
    found = []
    for at in range(0, len(lines), 5):
        card = [it.partition(":") for it in lines[at : at + 5]]
        if [it[0] for it in card] != ["BEGIN", "VERSION", "FN", "TEL", "END"]:
            raise Malformed(f"{name}:{at + 1}: no card of a name and a number")
        (_, _, begin), (_, _, version), (_, _, who), (_, _, number), (_, _, end) = card
        if (begin, version, end) != ("VCARD", "4.0", "VCARD"):
            raise Malformed(f"{name}:{at + 1}: {begin} {version} {end}")
        if not re.fullmatch(r"([^\\,;]|\\[\\,;])*", who):
            raise Malformed(f"{name}:{at + 3}: {who!r}")
        found.append((re.sub(r"\\(.)", r"\1", who), number))
    return found
