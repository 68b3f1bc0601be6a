"""The bundle of a FreeSWITCH: all files that a bare one needs, and its stored keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from controlplane.diagnostics import Faults, fault
from controlplane.model.deployment import Engine
from controlplane.render.bundle import Bundle, TenantView
from controlplane.render.freeswitch import voicemail
from controlplane.render.freeswitch.directory import handset_users, mailbox_users, trunk_users
from controlplane.render.freeswitch.escape import attribute, value, word
from controlplane.render.freeswitch.flows import outside_caller, tenant_dialplan
from controlplane.render.freeswitch.frames import posix_rule, zone_name
from controlplane.render.freeswitch.gateways import tenant_gateways
from controlplane.render.freeswitch.history import LINE, at_end, ended_line, spool_file
from controlplane.render.freeswitch.lacking import lacking
from controlplane.render.freeswitch.lamps import quiet, told_again
from controlplane.render.freeswitch.modules import MODULES
from controlplane.render.freeswitch.names import LAST_CALLERS, PHONES, PROFILE, TRUNKS, TURNS
from controlplane.render.freeswitch.parts import (
    DIALPLAN,
    DIRECTORY,
    GATEWAYS,
    MARKER_ADDRESS,
    PARTS,
    TRUSTED,
    Part,
)
from controlplane.render.freeswitch.record import (
    ASKED_AFTER,
    CHECK_SECONDS,
    CODE_ATTEMPTS,
    CODE_SECONDS,
    CONFIRM_SECONDS,
    CONFIRM_TONE,
    OFF_TONE,
    ON_TONE,
    PATIENCE_SECONDS,
    RINGBACK,
    SAY_TONE,
    STATUS,
    TONES,
)
from controlplane.render.freeswitch.routines import routine_dialplan
from controlplane.render.freeswitch.store import MOST, store_of
from controlplane.render.templates import environment
from controlplane.routing.nodes import RingMembers, RingNext
from controlplane.routing.plan import Plan, Routine
from controlplane.routing.recording import FOLDER, FULL
from controlplane.routing.state import zone_key
from controlplane.routing.steps import Cause

_ANY = "$${local_ip_v4}"
"""What FreeSWITCH finds itself, where it is to bind to all addresses."""

_ZONE = re.compile(zone_key("[^/]+"))

_MARKERS = {
    DIRECTORY: '<domain name="cp.marker"><variables><variable name="d" value="{digest}"/>'
    "</variables></domain>\n",
    TRUSTED: f'<group name="cp-marker"><users><user id="cp-marker" cidr="{MARKER_ADDRESS}/128"/>'
    "</users></group>\n",
    GATEWAYS: '<gateway name="cp-{digest}"><param name="register" value="false"/>'
    '<param name="realm" value="localhost"/><param name="username" value="marker"/>'
    '<param name="password" value="-"/></gateway>\n',
    DIALPLAN: '<context name="cp-marker"><extension name="{digest}"/></context>\n',
}


def render(tenants: Sequence[TenantView], engine: Engine) -> Bundle:
    """Deterministic. Without tenants: what an engine can start from. Raises Faults where one of
    them asks for what is lacking."""
    views = sorted(tenants, key=lambda view: view.system.tenant)
    if lacks := [it for view in views for it in lacking(view.system)]:
        raise Faults(lacks)
    files = _dialplan(views, engine) | _directory(views, engine) | _gateways(views)
    included = {
        part.name: [part.marker, *sorted(path for path in files if _own(part, path))]
        for part in PARTS
    }
    # Shared contexts come first: FreeSWITCH looks for a context from the first on.
    included["dialplan"].sort(key=lambda path: (path.endswith(".tenant.xml"), path))
    settings = _settings(views, engine) | {"files": included}
    for name in ("freeswitch", "configuration", "languages", "timezones"):
        files[f"{name}.xml"] = _template(name, settings)
    files["gateways/all.xml"] = _template("gateways", settings)
    for part in PARTS:
        files[part.marker] = _marker(part, part.digest(files))
    store: dict[str, str] = {}
    for view in views:
        store |= store_of(view.system.tenant, view.state)
    return Bundle(dict(sorted(files.items())), dict(sorted(store.items())))


def _marker(part: Part, digest: str) -> str:
    groups = ":".join(digest[place : place + 4] for place in range(0, len(digest), 4))
    return _MARKERS[part].replace("{digest}", digest).replace("{groups}", groups)


def _own(part: Part, path: str) -> bool:
    return part.has(path) and path != part.marker and not path.endswith(".boxes.xml")


def _settings(views: Sequence[TenantView], engine: Engine) -> dict[str, object]:
    address = _ANY if _is_any(engine.address) else engine.address
    return {
        "address": address,
        "listens": engine.address,
        "sip_port": engine.sip_port,
        "esl_port": engine.esl_port,
        "rtp_first": engine.rtp_first,
        "rtp_last": engine.rtp_last,
        "password": _password(engine),
        "control": [one for one in (engine.address, engine.live_address) if _is_address(one)],
        "state": attribute(engine.state_folder),
        "modules": MODULES,
        "spool": attribute(spool_file(engine.state_folder)),
        "history": LINE,
        "ended": attribute(ended_line()),
        "profile": PROFILE,
        "phones": PHONES,
        "trunks": TRUNKS,
        "zones": _zones(views),
        "tenants": [view.system.tenant for view in views],
    }


def _zones(views: Sequence[TenantView]) -> dict[str, str]:
    """How the clocks of the zones in use go, by the name a stored value has for them."""
    # By UTC recordings are kept by day.
    zones = {"UTC", *(view.plan.timezone for view in views)}
    for view in views:
        zones.update(value for key, value in view.state.items() if _ZONE.fullmatch(key))
    return {zone_name(zone): posix_rule(zone) for zone in sorted(zones)}


def _dialplan(views: Sequence[TenantView], engine: Engine) -> dict[str, str]:
    settings = {
        "live": f"{word(engine.live_address)}:{engine.live_port}",
        "patience": PATIENCE_SECONDS,
        "at_end": attribute(at_end()),
        "quiet": attribute(quiet()),
        "told_again": attribute(told_again()),
        "outside_caller": outside_caller(),
        "asked_after": "|".join(f"${{{name}}}" for name in ASKED_AFTER),
        "profiles": {"default": voicemail.DEFAULT, "messages": voicemail.MESSAGES},
        "domain": _ANY if _is_any(engine.address) else engine.address,
        "profile": PROFILE,
        "phones": PHONES,
        "trunks": TRUNKS,
        "turns": TURNS,
        "last": LAST_CALLERS,
        "recordings": attribute(f"{engine.state_folder}/{FOLDER}"),
        "full": FULL,
        "counts_phones": any(_asks_for_idle_phones(view.plan) for view in views),
        "on_tone": ON_TONE,
        "off_tone": OFF_TONE,
        "room": MOST - _LONGEST_NAME - len("&"),
        "tones": {prompt.value: tone for prompt, tone in TONES.items()},
        "check_patience": CHECK_SECONDS,
        "code_attempts": CODE_ATTEMPTS,
        "code_seconds": CODE_SECONDS,
        "confirm_seconds": CONFIRM_SECONDS,
        "confirm_tone": CONFIRM_TONE,
        "say_tone": SAY_TONE,
        "ringback": RINGBACK,
        "status": {cause.value: status for cause, status in STATUS.items()},
        "names": {cause.value: _CAUSES[cause] for cause in Cause},
    }
    files = {
        "dialplan/calls.xml": _template("calls", settings),
        "dialplan/lamps.xml": _template("lamps", settings),
        "dialplan/routines.xml": _routines(views),
    }
    for view in views:
        files[f"dialplan/{view.system.tenant}.tenant.xml"] = tenant_dialplan(view.plan)
    return files


def _asks_for_idle_phones(plan: Plan) -> bool:
    nodes = (node for routine in plan.routines.values() for node in routine.nodes)
    return any(isinstance(it, RingMembers | RingNext) and it.terms.idle_only for it in nodes)


_LONGEST_NAME = 40
"""Of a handset."""

_CAUSES = {
    Cause.UNALLOCATED: "UNALLOCATED_NUMBER",
    Cause.NORMAL: "NORMAL_CLEARING",
    Cause.BUSY: "USER_BUSY",
    Cause.NO_ANSWER: "NO_ANSWER",
    Cause.ABSENT: "SUBSCRIBER_ABSENT",
    Cause.REJECTED: "CALL_REJECTED",
    Cause.ROUTING_ERROR: "EXCHANGE_ROUTING_ERROR",
    Cause.CONGESTION: "NORMAL_CIRCUIT_CONGESTION",
}


def _routines(views: Sequence[TenantView]) -> str:
    """Tenants share routines: the same nodes have the same name everywhere."""
    routines: dict[str, Routine] = {}
    for view in views:
        routines.update(view.plan.routines)
    return "".join(f"{routine_dialplan(routines[name])}\n" for name in sorted(routines))


def _directory(views: Sequence[TenantView], engine: Engine) -> dict[str, str]:
    files = {"directory/voicemail.profiles.xml": voicemail.profiles(views, engine.state_folder)}
    for view in views:
        tenant = view.system.tenant
        files[f"directory/{tenant}.handsets.xml"] = handset_users(view)
        files[f"directory/{tenant}.boxes.xml"] = mailbox_users(view.system)
        files[f"trunks/{tenant}.xml"] = trunk_users(view.system)
    return files


def _gateways(views: Sequence[TenantView]) -> dict[str, str]:
    return {
        f"gateways/{view.system.tenant}.xml": tenant_gateways(view.system) for view in views
    }  # fmt: skip


def _password(engine: Engine) -> str:
    try:
        return value(engine.password)
    except ValueError as error:
        raise fault(f"FreeSWITCH cannot hold the engine's password: it {error}", "") from None


def _is_address(text: str) -> bool:
    try:
        return not ip_address(text).is_unspecified
    except ValueError:
        return False


def _is_any(text: str) -> bool:
    try:
        return ip_address(text).is_unspecified
    except ValueError:
        return False


def _template(name: str, settings: Mapping[str, object]) -> str:
    folder = environment("dialplan_templates/freeswitch")
    return folder.get_template(f"{name}.xml.j2").render(settings)
