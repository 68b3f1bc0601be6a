"""Strict parsers of what phones of XML vendors are given: anything unexpected is an error."""

from __future__ import annotations

import re

from lxml import etree


def _root(body: bytes, name: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=False)
    root = etree.fromstring(body, parser)
    assert root.tag == name
    assert not root.xpath("//comment() | //processing-instruction()")
    return root


def _leaf(element: etree._Element) -> str:
    assert len(element) == 0
    return element.text or ""


def _unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found = dict(pairs)
    assert len(found) == len(pairs), "a setting twice"
    return found


def poly(body: bytes) -> dict[str, str]:
    (settings,) = _root(body, "PHONE_CONFIG")
    assert (settings.tag, len(settings)) == ("ALL", 0)
    return dict(settings.attrib)


def grandstream(body: bytes) -> dict[str, str]:
    (config,) = _root(body, "gs_provision")
    assert (config.tag, dict(config.attrib)) == ("config", {"version": "2"})
    for item in config:
        assert (item.tag, list(item.attrib)) == ("item", ["name"])
    return _unique([(item.get("name") or "", _leaf(item)) for item in config])


def grandstream_p(body: bytes) -> dict[str, str]:
    (config,) = _root(body, "gs_provision")
    assert (config.tag, dict(config.attrib)) == ("config", {"version": "1"})
    for item in config:
        assert re.fullmatch("P[0-9]+", item.tag)
        assert not item.attrib
    return _unique([(item.tag, _leaf(item)) for item in config])


def cisco(body: bytes) -> dict[str, str]:
    root = _root(body, "flat-profile")
    for item in root:
        assert dict(item.attrib) == {"ua": "na"}
    return _unique([(item.tag, _leaf(item)) for item in root])


def fanvil(body: bytes) -> dict[str, str]:
    pairs: list[tuple[str, str]] = []

    def walk(element: etree._Element, path: str) -> None:
        for child in element:
            assert set(child.attrib) <= {"index"}
            index = child.get("index")
            name = f"{path}{child.tag}" + (f"[{index}]" if index else "")
            if len(child):
                walk(child, f"{name}/")
            else:
                pairs.append((name, _leaf(child)))

    walk(_root(body, "sysConf"), "")
    return _unique(pairs)


def fanvil_old(body: bytes) -> dict[str, str]:
    pairs: list[tuple[str, str]] = []

    def walk(element: etree._Element, path: str) -> None:
        for child in element:
            assert not child.attrib
            if not len(child):
                pairs.append((f"{path}{child.tag}", _leaf(child)))
            elif child[0].tag == f"{child.tag}_Entry":
                for entry in child:
                    assert (entry.tag, entry[0].tag) == (f"{child.tag}_Entry", "ID")
                    for setting in entry[1:]:
                        name = f"{path}{child.tag}[{_leaf(entry[0])}]/{setting.tag}"
                        pairs.append((name, _leaf(setting)))
            else:
                walk(child, f"{path}{child.tag}/")

    root = _root(body, "VOIP_CONFIG_FILE")
    assert (root[0].tag, _leaf(root[0])) == ("version", "2.0002")
    root.remove(root[0])
    walk(root, "")
    return _unique(pairs)


READERS = {
    "cisco": cisco,
    "fanvil": fanvil,
    "fanvil-old": fanvil_old,
    "grandstream": grandstream,
    "grandstream-p": grandstream_p,
    "poly": poly,
}
"""By format."""
