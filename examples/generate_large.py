"""Write a tenant of N lines, users and handsets: python examples/generate_large.py 10000."""

from __future__ import annotations

import sys
from collections.abc import Iterator

FIRST = 1000
"""The first extension; every extension has as many digits as the last one."""


def large_tenant(lines: int, tenant: str = "large") -> str:
    """The YAML text of a tenant; the same text for the same arguments.

    Every line has a user, a handset logged in to it and a direct number; every fifth one
    forwards, and groups of ten lines hunt together. Twenty lines make a site.
    """
    return "\n".join(_file(lines, tenant)) + "\n"


def extensions(lines: int) -> list[str]:
    first = FIRST if lines <= 8 * FIRST else 10 * FIRST if lines <= 80 * FIRST else 100 * FIRST
    return [str(first + index) for index in range(lines)]


def direct_number(index: int) -> str:
    return f"+4420{70000000 + index}"


def _file(lines: int, tenant: str) -> Iterator[str]:
    keys = extensions(lines)
    digits = len(keys[-1]) if keys else 4
    sites = range(0, lines, 20)
    yield f"tenant: {tenant}"
    yield "timezone: Europe/London"
    yield f"extension_digits: {{least: 3, most: {max(digits + 1, 5)}}}"
    yield "sites:"
    for site in sites:
        yield f'  site-{site // 20}: {{main_number: "{direct_number(site)}"}}'
    yield "users:"
    for index, key in enumerate(keys):
        yield f"  user-{key}:"
        yield f"    first: Person{index % 97}"
        yield f"    last: Number{key}"
        yield f"    email: [p{key}@{tenant}.example]"
        yield f"    site: site-{index // 20}"
    yield "lines:"
    for index, key in enumerate(keys):
        yield from _line(index, key, keys)
    yield "numbers:"
    for index, key in enumerate(keys):
        yield f'  "{direct_number(index)}": {{site: site-{index // 20}, to: line/{key}}}'
    yield "groups:"
    for start in range(0, lines, 100):
        members = ", ".join(keys[start : start + 10])
        yield f"  team-{start // 100}: {{members: [{members}], ring: 20s}}"
    yield "handsets:"
    for index, key in enumerate(keys):
        mac = f"0015{index:08x}"
        place = f"site-{index // 20}"
        yield f'  PH-{key}: {{mac: "{mac}", model: yealink/T54W, site: {place}, login: {key}}}'
    yield "trunks:"
    yield "  uplink: {host: 127.0.0.12}"


def _line(index: int, key: str, keys: list[str]) -> Iterator[str]:
    yield f'  "{key}":'
    yield f"    user: user-{key}"
    yield f"    ring: {12 + index % 4 * 6}s"
    yield "    voicemail: on"
    if index % 5 == 0 and index + 1 < len(keys):
        yield f"    forward: {{unanswered: line/{keys[index + 1]}}}"
    if index % 3 == 0:
        yield f'    presented_number: "{direct_number(index)}"'


if __name__ == "__main__":
    sys.stdout.write(large_tenant(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
