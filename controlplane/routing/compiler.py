"""Compiler: a tenant's phone system to its routing plan."""

from __future__ import annotations

from collections.abc import Mapping

from controlplane.model.boxes import mailboxes
from controlplane.model.destination import Destination, Kind
from controlplane.model.numbering import rules_for
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.builder import Routines
from controlplane.routing.doors import door_codes
from controlplane.routing.features import compile_features
from controlplane.routing.frames import compile_frame
from controlplane.routing.groups import group_flow
from controlplane.routing.hotdesk import desk_codes
from controlplane.routing.identity import emergency_number
from controlplane.routing.lines import line_flow
from controlplane.routing.plan import HandsetPlan, Plan
from controlplane.routing.standing import standing_flows, trunks_in_order


def compile_plan(system: PhoneSystem) -> Plan:
    """The same model gives the same plan, in whatever order its objects were read.

    `system` has passed the checks of the model.
    """
    routines = Routines()
    trunks = trunks_in_order(system.trunks)
    flows = standing_flows(trunks, routines)
    extensions: dict[str, str] = {}
    for extension, line in sorted(system.lines.items(), key=_by_key):
        flows[f"line/{extension}"] = line_flow(extension, line, routines)
        extensions[extension] = f"line/{extension}"
    for key, group in sorted(system.groups.items(), key=_by_key):
        flows[f"group/{key}"] = group_flow(key, group, routines)
        if group.extension:
            extensions[group.extension] = f"group/{key}"
    for extension, mailbox in sorted(system.mailboxes.items(), key=_by_key):
        if mailbox.enabled:
            extensions[extension] = f"mailbox/{extension}"
    features = compile_features(system.settings.feature_codes, routines)
    flows.update(features.flows)
    return Plan(
        tenant=system.tenant,
        rules=rules_for(system.settings.country),
        routines=routines.by_name,
        flows=flows,
        extensions=extensions,
        numbers=_numbers(system),
        emergency_numbers=frozenset(system.settings.emergency_numbers),
        handsets={
            name: HandsetPlan(emergency_number(system, name)) for name in sorted(system.handsets)
        },
        first_trunk=trunks[0] if trunks else None,
        frames={
            name: compile_frame(frame)
            for name, frame in sorted(system.time_frames.items(), key=_by_key)
        },
        features={
            **features.codes,
            **door_codes(system.settings.feature_codes),
            **desk_codes(system.settings.feature_codes),
        },
        hide=features.hide,
        timezone=system.settings.timezone,
        mailboxes=frozenset(extension for extension, _ in mailboxes(system)),
        open_inside=system.settings.hot_desk.internal_calls,
    )


def _numbers(system: PhoneSystem) -> dict[str, str]:
    """E.164 -> destination, for the numbers that calls may reach.

    A number that leads to another of the tenant's own leads where that one does.
    """
    if not system.settings.voice_service:
        return {}
    direct = {
        e164: number.to
        for e164, number in sorted(system.numbers.items(), key=_by_key)
        if number.reachable and number.to
    }
    return {e164: str(to) for e164 in direct if (to := _inside(direct, e164))}


def _inside(direct: Mapping[str, Destination], e164: str) -> Destination | None:
    """Where a number leads in the end; None where that is round in a circle."""
    passed = {e164}
    to = direct[e164]
    while to.kind is Kind.EXTERNAL and to.key in direct:
        if to.key in passed:
            return None
        passed.add(to.key)
        to = direct[to.key]
    return to


def _by_key(item: tuple[str, object]) -> str:
    return item[0]
