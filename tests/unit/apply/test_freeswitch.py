"""What is reloaded on a FreeSWITCH for which files, and in which order."""

from __future__ import annotations

import pytest

from controlplane.apply.freeswitch import RELOAD_XML, ReadPart
from controlplane.apply.parts import Part, Parts
from controlplane.render.freeswitch.parts import (
    DIALPLAN,
    DIRECTORY,
    GATEWAYS,
    PARTS,
    TRUSTED,
    needs_restart,
)
from controlplane.render.freeswitch.parts import Part as FilePart

DIGEST, OTHER = "0123456789abcdef", "fedcba9876543210"
RESCAN = "sofia profile internal rescan"


async def nothing(*_: object) -> str:
    return ""


def parts() -> Parts:
    return Parts(tuple(map(ReadPart, PARTS)), nothing, needs_restart, RELOAD_XML)


def reloads(*wanted: Part) -> list[tuple[str, list[str]]]:
    return [(module, [one.name for one in asked]) for module, asked in parts().reloads(wanted)]


def test_all_files_are_read_before_a_part_is_reloaded() -> None:
    assert reloads(*map(ReadPart, PARTS)) == [
        (RELOAD_XML, ["directory", "dialplan"]),
        ("reloadacl", ["trunks"]),
        (RESCAN, ["gateways"]),
    ]


def test_only_what_differs_is_reloaded() -> None:
    assert reloads() == []
    assert reloads(ReadPart(DIALPLAN)) == [(RELOAD_XML, ["dialplan"])]
    assert reloads(ReadPart(GATEWAYS)) == [(RELOAD_XML, []), (RESCAN, ["gateways"])]


def test_files_of_no_part_are_read_at_the_start_only() -> None:
    files = ("configuration.xml", "dialplan/calls.xml", "freeswitch.xml", "gateways/acme.xml")
    assert needs_restart(files) == ("configuration.xml",)


@pytest.mark.parametrize(
    ("part", "answer", "told"),
    [
        (DIALPLAN, f'<context name="cp-marker"><extension name="{OTHER}"/></context>', OTHER),
        (DIRECTORY, "-ERR not found", ""),
        (GATEWAYS, f"Name    \tcp-{DIGEST}\nProfile \tinternal", DIGEST),
        (GATEWAYS, "Invalid Gateway!", ""),
        (TRUSTED, "true", DIGEST),
        (TRUSTED, "false", ""),
    ],
)
def test_what_the_engine_tells_of_a_part(part: FilePart, answer: str, told: str) -> None:
    assert part.told(answer, DIGEST) == told


def test_the_list_of_addresses_is_asked_for_one_that_only_this_list_has() -> None:
    assert TRUSTED.asked(DIGEST) == "acl fdcc:0123:4567:89ab:cdef:: cp-trunks"
    assert GATEWAYS.asked(DIGEST) == f"sofia status gateway cp-{DIGEST}"
