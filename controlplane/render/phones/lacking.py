"""What a tenant asks of its handsets that they cannot do (pure).

An error where a phone would not work as it is said to; a warning where it does without something.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from controlplane.diagnostics import Diagnostic, Severity
from controlplane.model.checks.nearest import Suggestions
from controlplane.model.handset import Handset
from controlplane.model.phone_key import KeyKind
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.provisioning import Provisioning, Srtp
from controlplane.model.trunk import Transport
from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.desk import settings_of
from controlplane.render.phones.keys import wanted_keys
from controlplane.render.phones.overrides import unknown_overrides
from controlplane.render.phones.passwords import no_admin_password, no_sip_password
from controlplane.render.phones.vendor import Family, Model


def lacking(system: PhoneSystem) -> Iterator[Diagnostic]:
    """A handset that says no model is set up by hand, and nothing is said of it."""
    suggestions = Suggestions()
    for place, settings in _settings(system):
        yield from _unsafe(place, settings)
    known = catalogue().models
    with_keys = {extension for extension, line in system.lines.items() if line.keys}
    used: set[tuple[str, str | None]] = set()
    for name, handset in system.handsets.items():
        if handset.model is None:
            continue
        place = f"{system.tenant}/handsets/{name}"
        model = known.get(handset.model)
        if model is None:
            yield _unknown(handset.model, f"{place}/model", suggestions)
            continue
        used.add((model.key, handset.site))
        if handset.keys or handset.serves in with_keys:
            yield from _keys(system, f"{place}/keys", handset, model)
        if handset.sip_password or handset.admin_password:
            yield from _secrets(place, handset, model)
    yield from _of_models(system, used)
    yield from unknown_overrides(system, suggestions)


def _of_models(system: PhoneSystem, used: Iterable[tuple[str, str | None]]) -> Iterator[Diagnostic]:
    """What the phones of a model at a site have in common, once a family."""
    families: dict[tuple[Family, str | None], Model] = {}
    for key, site in sorted(used, key=str):
        model = catalogue().models[key]
        if settings_of(system, Handset(site=site)).keys:
            yield from _keys(system, _place(system, site, "keys"), Handset(site=site), model)
        families.setdefault((model.family, site), model)
    for (_, site), model in families.items():
        yield from _family(system, site, model)


def unknown_engines(system: PhoneSystem, engines: Collection[str]) -> Iterator[Diagnostic]:
    """Servers that handsets are to register at, and that are none of the deployment's."""
    suggestions = Suggestions()
    for place, settings in _settings(system):
        if settings.backup_server and settings.backup_server not in engines:
            yield _no_engine(settings.backup_server, f"{place}/backup_server", engines, suggestions)
    for name, handset in system.handsets.items():
        if handset.preferred_server and handset.preferred_server not in engines:
            place = f"{system.tenant}/handsets/{name}/preferred_server"
            yield _no_engine(handset.preferred_server, place, engines, suggestions)


def _no_engine(
    name: str, place: str, engines: Collection[str], suggestions: Suggestions
) -> Diagnostic:
    mend = suggestions.mend(name, engines, f"the engines are {', '.join(engines)}")
    return Diagnostic(f"there is no engine {name!r}", place, mend)


def _settings(system: PhoneSystem) -> Iterator[tuple[str, Provisioning]]:
    """Where settings of handsets are written, and those that hold there."""
    yield f"{system.tenant}/settings/provisioning", system.settings.provisioning
    for name, site in system.sites.items():
        if site.provisioning.model_fields_set:
            holds = settings_of(system, Handset(site=name))
            yield f"{system.tenant}/sites/{name}/provisioning", holds


def _unsafe(place: str, settings: Provisioning) -> Iterator[Diagnostic]:
    """Engines take phones by UDP and TCP, their voices as they are."""
    if settings.outbound_proxy:
        return
    if settings.transport is Transport.TLS:
        yield Diagnostic(
            "engines take no phones by TLS",
            f"{place}/transport",
            "name the outbound_proxy that does, or write udp or tcp",
        )
    if settings.srtp is Srtp.REQUIRED:
        yield Diagnostic(
            "engines have no SRTP with phones, and those that require it cannot call",
            f"{place}/srtp",
            "name the outbound_proxy that has, or write off",
        )


def _unknown(name: str, place: str, suggestions: Suggestions) -> Diagnostic:
    models = catalogue().models
    vendor = name.partition("/")[0]
    own = [key for key in models if key.startswith(f"{vendor}/")]
    otherwise = f"the models are {', '.join(own)}" if own else f"vendors are {_vendors()}"
    mend = suggestions.mend(name, own or models, otherwise)
    return Diagnostic(
        f"there is no handset model {name!r}",
        place,
        f"{mend}; leave model out where a phone is set up by hand",
    )


def _vendors() -> str:
    return ", ".join(catalogue().vendors)


def _keys(system: PhoneSystem, place: str, handset: Handset, model: Model) -> Iterator[Diagnostic]:
    wanted = wanted_keys(system, handset, settings_of(system, handset))
    if len(wanted) > max(model.line_keys, 1):
        count = f"{model.line_keys} key{'' if model.line_keys == 1 else 's'}"
        yield _warning(
            f"a {model.title} has {count}, of {len(wanted)} that it is to have",
            place,
            "the last ones are left out: list those that matter first",
        )
    late = wanted[model.lines : model.line_keys] if model.lines else ()
    if any(key.kind is KeyKind.LINE for key in late):
        yield _warning(
            f"of the keys of a {model.title} only the first {model.lines} can be lines",
            place,
            "a later one stays empty: list those of the kind line first",
        )
    known = (*model.family.keys, KeyKind.NONE)
    for kind in dict.fromkeys(key.kind for key in wanted if key.kind not in known):
        yield _warning(f"a {model.title} has no keys of the kind {kind}", place, "it stays empty")


def _secrets(place: str, handset: Handset, model: Model) -> Iterator[Diagnostic]:
    vendor = catalogue().vendors[model.vendor]
    if handset.sip_password and (why := no_sip_password(handset.sip_password, vendor)):
        yield Diagnostic(why, f"{place}/sip_password", _OTHER_PASSWORD)
    if handset.admin_password and (wanted := no_admin_password(handset.admin_password, vendor)):
        yield Diagnostic(
            f"phones of {vendor.title} take admin passwords of {wanted} only",
            f"{place}/admin_password",
            _OTHER_PASSWORD,
        )


_OTHER_PASSWORD = "choose another, or leave it out: then one is made"


def _family(system: PhoneSystem, site: str | None, model: Model) -> Iterator[Diagnostic]:
    """What all phones of a family at a site have in common, once."""
    family = model.family
    vendor = catalogue().vendors[model.vendor]
    phones = f"phones of {vendor.title}, {family.title},"
    settings = settings_of(system, Handset(site=site))
    for setting, wanted, able in _asked(settings, family):
        missing = [it for it in wanted if it not in able]
        if not missing:
            continue
        found = Diagnostic(
            f"{phones} have no {setting} {', '.join(missing)}",
            _place(system, site, setting),
            f"theirs are {', '.join(able)}",
        )
        fatal = setting != "language" and len(missing) == len(wanted)
        yield found if fatal else replace(found, severity=Severity.WARNING)
    if settings.backup_server and not family.backup:
        yield _warning(
            f"{phones} have no backup server",
            _place(system, site, "backup_server"),
            "they register at their own only",
        )


def _asked(
    settings: Provisioning, family: Family
) -> Iterable[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    yield "transport", _one(settings.transport), family.transports
    yield "srtp", _one(settings.srtp), family.srtp
    yield "codecs", settings.codecs, family.codecs
    yield "language", _one(settings.language), family.languages


def _one(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _place(system: PhoneSystem, site: str | None, setting: str) -> str:
    """Where the setting is written that phones of a site go by."""
    own = system.sites.get(site) if site else None
    if own is not None and setting in own.provisioning.model_fields_set:
        return f"{system.tenant}/sites/{site}/provisioning/{setting}"
    return f"{system.tenant}/settings/provisioning/{setting}"


def _warning(message: str, place: str, mend: str) -> Diagnostic:
    return Diagnostic(message, place, mend, severity=Severity.WARNING)
