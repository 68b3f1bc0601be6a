"""Handsets, groups and trunks: nothing twice, nobody missing."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from controlplane.diagnostics import Diagnostic
from controlplane.model.checks.context import Context


def faults(context: Context) -> Iterator[Diagnostic]:
    yield from _handsets(context)
    yield from _groups(context)
    yield from _trunks(context)


def _handsets(context: Context) -> Iterator[Diagnostic]:
    macs: dict[str, str] = {}
    logins: dict[str, str] = {}
    for name, handset in context.system.handsets.items():
        if handset.mac and (first := macs.setdefault(handset.mac, name)) != name:
            yield context.fault(
                f"handsets/{name}/mac",
                f"MAC address {handset.mac} is that of handset {first}",
                "write the one on this handset's label",
            )
        if handset.login and (first := logins.setdefault(handset.login, name)) != name:
            yield context.fault(
                f"handsets/{name}/login",
                f"line {handset.login} is logged in to handset {first}",
                "a line is on one handset at a time: remove one login",
            )


def _groups(context: Context) -> Iterator[Diagnostic]:
    for name, group in context.system.groups.items():
        place = f"groups/{name}"
        if not group.members:
            say = context.warning if group.overflow else context.fault
            yield say(place, f"group {name} has no members", "list lines, as members: [101, 102]")
        seen: set[str] = set()
        for index, member in enumerate(group.members):
            if member in seen:
                yield context.fault(
                    f"{place}/members/{index}",
                    f"line {member} is twice in group {name}",
                    "list it once",
                )
            seen.add(member)
        for index, member in enumerate(group.logged_out):
            if member not in seen:
                yield context.fault(
                    f"{place}/logged_out/{index}",
                    f"{member} is no member of group {name}",
                    "add it under members, or remove it here",
                )


def _trunks(context: Context) -> Iterator[Diagnostic]:
    for name, trunk in context.system.trunks.items():
        place = f"trunks/{name}"
        lacking = [key for key in ("username", "password") if not getattr(trunk, key)]
        if trunk.registers and lacking:
            yield context.fault(
                f"{place}/register",
                f"trunk {name} registers without a {' and a '.join(lacking)}",
                "write what the carrier gave, or set register: no",
            )
        for index, address in enumerate(trunk.accept_from):
            try:
                ip_network(address, strict=False)
            except ValueError:
                yield context.fault(
                    f"{place}/accept_from/{index}",
                    f"{address!r} is not an IP address",
                    "write it as 192.0.2.10 or 192.0.2.0/24",
                )
