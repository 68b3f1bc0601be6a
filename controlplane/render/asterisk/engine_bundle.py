"""The bundle of an Asterisk: all files an empty container needs, and its stored keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from controlplane.model.deployment import Engine
from controlplane.model.trunk import Transport
from controlplane.render.asterisk.accounts import handset_accounts, trunk_accounts
from controlplane.render.asterisk.escape import value, word
from controlplane.render.asterisk.flows import tenant_dialplan
from controlplane.render.asterisk.frames import days_dialplan
from controlplane.render.asterisk.history import NOW, ended_line, spool_file
from controlplane.render.asterisk.mailboxes import tenant_mailboxes
from controlplane.render.asterisk.modules import MODULES
from controlplane.render.asterisk.names import LAMPS, LAST_CALLERS, TURNS
from controlplane.render.asterisk.parts import ACCOUNTS, DIALPLAN, MAILBOXES, Part
from controlplane.render.asterisk.record import (
    CHECK_SECONDS,
    CODE_ATTEMPTS,
    CODE_SECONDS,
    LATER_CONTEXT,
    NEVER,
    PATIENCE_SECONDS,
    POINT,
    SOUNDS,
    STEP,
    STEP_VARIABLE,
)
from controlplane.render.asterisk.routines import routine_dialplan
from controlplane.render.asterisk.store import store_of
from controlplane.render.bundle import Bundle, TenantView
from controlplane.render.templates import environment
from controlplane.routing.plan import Routine
from controlplane.routing.recording import FOLDER, FULL
from controlplane.routing.steps import Prompt

_TLS_PORT_AFTER = 1
"""SIP over TLS listens on the port after that of UDP and TCP, as 5061 after 5060."""

_DIALLED = ("_[+*#0-9]", "_[+*#0-9].")
"""What people and carriers may dial. Letters are names of our own, which nobody can reach."""

_CALLS = " + ".join(
    f"${{GROUP_COUNT(${{GROUP(cp-called)}}@{category})}}"
    for category in ("cp-called", "cp-calling")
)
"""The calls in progress at the line that the call is at, with this one."""

_FLAGS = (
    "${DB(cp/${CP_TENANT}/handset/${CP_HANDSET}/record)}",
    "${DB(cp/${CP_TENANT}/line/${DB(cp/${CP_TENANT}/handset/${CP_HANDSET}/line)}/record)}",
    "${DB(cp/${CP_TENANT}/line/${MASTER_CHANNEL(GROUP(cp-called)):$[1+${LEN(${CP_TENANT})}]}/record)}",
)
"""Set where calls of a leg's handset are recorded, of the line it serves, or of the line that was
called: see `controlplane.routing.recording`."""

_CALLER_RECORDED = f'"{"".join(_FLAGS[:2])}" != ""'
_PEER_RECORDED = f'"{"".join(_FLAGS)}" != "" & "${{MASTER_CHANNEL(CP_TAPE)}}" = ""'

_FEW = 150
"""Names of 40 characters that an application takes at once: 8 KB."""

_LONGEST_COMMAND = 160
"""Bytes that Asterisk keeps of `externnotify`, the last of which is none of it."""

_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")

_SMALL_FILES = {
    "acl.conf": "",
    "ccss.conf": "[general]\n",
    # Once it is up: voicemail tells nobody how many messages there were before.
    "cli.conf": "[startup_commands]\n"
    "channel originate Local/new@cp-lamps/n application Wait 1 = yes\n",
    "cdr.conf": "[general]\nenable = no\n",
    "cel.conf": "[general]\nenable = no\n",
    # Codes are the tenants': the engine is to have none of its own, and nobody dials letters.
    "features.conf": "[general]\npickupexten = cp-none\n",
    "indications.conf": "[general]\ncountry = gb\n\n[gb]\ndescription = United Kingdom\n"
    "ringcadence = 400,200,400,2000\ndial = 350+440\nbusy = 400/375,0/375\n"
    "ring = 400+450/400,0/200,400+450/400,0/2000\ncongestion = 400/400,0/350,400/225,0/525\n",
    "minivm.conf": "[general]\n",
    "pjproject.conf": "",
    "pjsip_notify.conf": "; NOTIFY requests bring their own headers.\n",
    # Accounts are read from the bundle; where phones registered, the engine keeps itself.
    "sorcery.conf": "[res_pjsip]\n"
    "endpoint = config,pjsip.conf,criteria=type=endpoint\n"
    "auth = config,pjsip.conf,criteria=type=auth\n"
    "aor = config,pjsip.conf,criteria=type=aor\n"
    "contact = astdb,registrar\n",
    "stasis.conf": "[declined_message_types]\ndecline = ast_channel_varset_type\n",
    "udptl.conf": "[general]\n",
    "websocket_client.conf": "",
}
"""Asterisk complains of those that are missing, or does not load what they are for."""


def render(tenants: Sequence[TenantView], engine: Engine) -> Bundle:
    """Deterministic. Without tenants: what an engine can start from."""
    views = sorted(tenants, key=lambda view: view.system.tenant)
    files = _engine_files(engine)
    files |= _dialplan(views, engine)
    files |= _accounts(views, engine)
    files |= _mailboxes(views, engine)
    store: dict[str, str] = {}
    for view in views:
        store |= store_of(view.system.tenant, view.state)
    return Bundle(dict(sorted(files.items())), store)


def _engine_files(engine: Engine) -> dict[str, str]:
    settings = {
        "mounted_at": engine.mounted_at,
        "state": engine.state_folder,
        "address": engine.address,
        "ari_port": engine.ari_port,
        "ami_port": engine.ami_port,
        "rtp_first": engine.rtp_first,
        "rtp_last": engine.rtp_last,
        "user": word(engine.user),
        "password": value(engine.password),
        "modules": MODULES,
    }
    names = ("asterisk", "modules", "logger", "http", "ari", "manager", "rtp")
    files = {f"{name}.conf": _template(f"{name}.conf", settings) for name in names}
    return files | _SMALL_FILES


def _dialplan(views: Sequence[TenantView], engine: Engine) -> dict[str, str]:
    calls = {
        "application": word(engine.application),
        "patience": PATIENCE_SECONDS,
        "check_patience": CHECK_SECONDS,
        "record": STEP,
        "record_value": f"${{{STEP_VARIABLE}}}",
        "point": POINT,
        "later": LATER_CONTEXT,
        "never": NEVER,
        "turns": TURNS,
        "last": LAST_CALLERS,
        "calls": _CALLS,
        "in_call": "^(INUSE|RINGINUSE|BUSY|ONHOLD)$",
        "state": word(engine.state_folder),
        "recordings": FOLDER,
        "full": FULL,
        "caller_recorded": _CALLER_RECORDED,
        "peer_recorded": _PEER_RECORDED,
        "dialled": _DIALLED,
        "now": NOW,
        "spool": spool_file(engine.state_folder),
        "ended": ended_line(),
        "lost_sound": SOUNDS[Prompt.CANNOT_COMPLETE],
        "code_sound": SOUNDS[Prompt.ENTER_CODE],
        "wrong_code_sound": SOUNDS[Prompt.WRONG_CODE],
        "code_attempts": CODE_ATTEMPTS,
        "code_seconds": CODE_SECONDS,
    }
    files = {
        "extensions/calls.conf": _template("calls.conf", calls),
        "extensions/lamps.conf": _lamps(views),
        "extensions/routines.conf": _routines(views),
    }
    for view in views:
        files[f"extensions/{view.system.tenant}.flows.conf"] = tenant_dialplan(view.plan)
    return _part(DIALPLAN, files, {}, "[globals]\nCP_DIALPLAN = {digest}\n")


def _lamps(views: Sequence[TenantView]) -> str:
    tenants = [(view.system.tenant, _few(sorted(view.system.handsets))) for view in views]
    return _template("lamps.conf", {"lamps": LAMPS, "tenants": tenants})


def _few(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[first : first + _FEW] for first in range(0, len(names), _FEW)]


def _routines(views: Sequence[TenantView]) -> str:
    """Tenants share routines, and the days of holidays: equal ones have the same name."""
    routines: dict[str, Routine] = {}
    days: dict[str, str] = {}
    for view in views:
        routines.update(view.plan.routines)
        days |= days_dialplan(view.plan.frames)
    contexts = [routine_dialplan(routines[name]) for name in sorted(routines)]
    return "\n".join((*contexts, *(days[name] for name in sorted(days))))


def _accounts(views: Sequence[TenantView], engine: Engine) -> dict[str, str]:
    trunks = [trunk for view in views for trunk in view.system.trunks.values() if trunk.enabled]
    tls = any(trunk.transport is Transport.TLS for trunk in trunks)
    settings = {
        "protocols": ("udp", "tcp", "tls") if tls else ("udp", "tcp"),
        "address": engine.address,
        "sip_port": engine.sip_port,
        "tls_port": engine.sip_port + _TLS_PORT_AFTER,
        "phones_behind_nat": engine.phones_behind_nat,
        "media_address": engine.address if _is_one_address(engine.address) else "",
    }
    files: dict[str, str] = {}
    for view in views:
        tenant = view.system.tenant
        files[f"pjsip/{tenant}.handsets.conf"] = handset_accounts(view)
        files[f"pjsip/{tenant}.trunks.conf"] = trunk_accounts(view.system)
    return _part(ACCOUNTS, files, settings, "[cp-{digest}]\ntype = aor\n")


def _mailboxes(views: Sequence[TenantView], engine: Engine) -> dict[str, str]:
    files = {
        f"voicemail/{view.system.tenant}.boxes.conf": tenant_mailboxes(view.system)
        for view in views
    }
    settings = {"changed": _changed_messages(engine)}
    return _part(MAILBOXES, files, settings, "[cp_marker]\n1 => -no-pin,{digest}\n")


def _changed_messages(engine: Engine) -> str:
    """A command that Asterisk gives the mailbox's context and name: it asks for `cp-lamps`."""
    place = f"{engine.mounted_at}/current/asterisk.conf"
    tell = "channel originate Local/*$0.$1@cp-lamps/n application Wait 1"
    exact = f"sh -c 'asterisk -C {place} -rx \"{tell}\"'"
    fits = len(exact) < _LONGEST_COMMAND and _PLAIN_PATH.fullmatch(place)
    return exact if fits else f"sh -c 'asterisk -rx \"{tell}\"'"


def _part(
    part: Part, files: Mapping[str, str], settings: Mapping[str, object], marker: str
) -> dict[str, str]:
    """The part's files, its main file that includes them, and its marker."""
    main = part.prefixes[0]
    includes = (*sorted(files), part.marker)
    whole = {**files, main: _template(main, {**settings, "includes": includes})}
    return whole | {part.marker: marker.replace("{digest}", part.digest(whole))}


def _is_one_address(address: str) -> bool:
    """Media is bound to it too, where it is an address and not all of them."""
    try:
        return not ip_address(address).is_unspecified
    except ValueError:
        return False


def _template(name: str, settings: Mapping[str, object]) -> str:
    return environment("dialplan_templates/asterisk").get_template(f"{name}.j2").render(settings)
