"""Desk: everything a phone's files say, whatever its vendor (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from controlplane.model.feature_codes import FEATURES, Feature
from controlplane.model.handset import Handset
from controlplane.model.names import display_name
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.provisioning import Codec, Language, Provisioning, Srtp
from controlplane.model.trunk import Transport
from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.directory import Directory
from controlplane.render.phones.keys import DeskKey, placed_keys
from controlplane.render.phones.overrides import overrides_of
from controlplane.render.phones.passwords import admin_password, admin_pin
from controlplane.render.phones.vendor import Model
from controlplane.routing.identity import zone_of_line


@dataclass(frozen=True, slots=True)
class Server:
    """A SIP server as phones reach it. `qualified`: it shows a line to lamp keys that name its
    tenant as well, as acme.102, and only to those."""

    host: str
    port: int = 5060
    qualified: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a phone finds what: of one deployment, and of one phone.

    `engines` by name, in the order they are to be tried. `url`: where this phone fetches its
    files, its token in it, with a slash at the end. `year` is the current one: phones are told when
    its clocks change.
    """

    engines: Mapping[str, Server]
    url: str
    year: int
    time_server: str = "pool.ntp.org"

    def __repr__(self) -> str:
        return f"Place({', '.join(self.engines)})"


@dataclass(frozen=True, slots=True)
class Account:
    """A SIP account, registered at `registrar`. `codecs` in the order they are offered."""

    user: str
    auth_user: str
    password: str = field(repr=False)
    display_name: str
    label: str
    registrar: Server
    backup: Server | None
    outbound_proxy: Server | None
    transport: Transport
    srtp: Srtp
    codecs: tuple[Codec, ...]
    voicemail: str


@dataclass(frozen=True, slots=True)
class Desk:
    """`label`: what the phone shows itself to be. `serves`: the extension it has now, or "".

    `keys`: one for each the model has, those without any use as well, so that what was there
    before is cleared. `zone`: IANA name; its clocks change as they do in `year`. `overrides`: by
    the vendor's names, merged in the order family, tenant, site, model, firmware, handset; the last
    has its way.
    """

    tenant: str
    phone_id: str
    mac: str
    model: Model
    firmware: str
    label: str
    serves: str
    accounts: tuple[Account, ...]
    keys: tuple[DeskKey, ...]
    directory: Directory = field(compare=False)
    directory_name: str
    zone: str
    year: int
    country: str
    language: Language
    time_server: str
    admin_password: str = field(repr=False)
    admin_pin: str = field(repr=False)
    url: str = field(repr=False)
    emergency_numbers: tuple[str, ...]
    extension_digits: tuple[int, int]
    overrides: Mapping[str, str] = field(repr=False)


def desk_of(
    system: PhoneSystem,
    phone_id: str,
    place: Place,
    secrets: Mapping[str, str] | None = None,
) -> Desk:
    """The desk of a handset. `secrets`: SIP passwords of those that bring none of their own.

    LookupError where there is no such handset, its model is none of ours or not said, or it has no
    SIP password; the text says which.
    """
    handset = system.handsets.get(phone_id)
    if handset is None:
        raise LookupError(f"there is no handset {phone_id}")
    model = catalogue().models.get(handset.model or "")
    if model is None:
        raise LookupError(f"handset {phone_id} is of no known model")
    password = handset.sip_password or (secrets or {}).get(phone_id)
    if not password:
        raise LookupError(f"handset {phone_id} has no SIP password")
    settings = settings_of(system, handset)
    served = handset.serves if handset.serves in system.lines else None
    name = display_name(system, served) if served else phone_id
    # Who is at a phone reads its Phone ID there, to have a line logged in to it.
    label = f"{served} {name} ({phone_id})" if served else phone_id
    account = _account(system, phone_id, handset, settings, place, password, name, label)
    watched = f"{system.tenant}." if account.registrar.qualified else ""
    return Desk(
        tenant=system.tenant,
        phone_id=phone_id,
        mac=handset.mac or "",
        model=model,
        firmware=handset.firmware or "",
        label=label,
        serves=served or "",
        accounts=(account,),
        keys=tuple(placed_keys(system, handset, settings, model, label, watched)),
        directory=Directory(system),
        directory_name=system.settings.name or system.tenant,
        zone=_zone(system, handset, served),
        year=place.year,
        country=system.settings.country,
        language=settings.language or Language.ENGLISH,
        time_server=settings.time_server or place.time_server,
        admin_password=handset.admin_password or admin_password(password),
        admin_pin=admin_pin(handset.admin_password, password),
        url=place.url,
        emergency_numbers=system.settings.emergency_numbers,
        extension_digits=(
            system.settings.extension_digits.least,
            system.settings.extension_digits.most,
        ),
        overrides=overrides_of(system, handset, model),
    )


def settings_of(system: PhoneSystem, handset: Handset) -> Provisioning:
    """The site's settings over those of the tenant; overrides aside."""
    tenant = system.settings.provisioning
    site = system.sites.get(handset.site) if handset.site else None
    if site is None or not site.provisioning.model_fields_set:
        return tenant
    return Provisioning.model_construct(**site.provisioning.over(tenant))


def _account(
    system: PhoneSystem,
    phone_id: str,
    handset: Handset,
    settings: Provisioning,
    place: Place,
    password: str,
    name: str,
    label: str,
) -> Account:
    user = f"{system.tenant}.{phone_id}"
    registrar, backup = servers_of(handset, settings, place)
    codes = system.settings.feature_codes
    proxy = settings.outbound_proxy
    usual = 5061 if settings.transport is Transport.TLS else 5060
    return Account(
        user=user,
        auth_user=user,
        password=password,
        display_name=name,
        label=label,
        registrar=registrar,
        backup=backup,
        outbound_proxy=Server(proxy, settings.outbound_proxy_port or usual) if proxy else None,
        transport=settings.transport or Transport.UDP,
        srtp=settings.srtp or Srtp.OFF,
        codecs=settings.codecs or tuple(Codec),
        voicemail=codes.get(Feature.VOICEMAIL, FEATURES[Feature.VOICEMAIL].code) or "",
    )


def servers_of(
    handset: Handset, settings: Provisioning, place: Place
) -> tuple[Server, Server | None]:
    """Where the handset registers, and where it goes when that does not answer."""
    order = list(place.engines)
    if not order:
        raise LookupError("there is no engine to register at")
    first = handset.preferred_server if handset.preferred_server in place.engines else order[0]
    rest = [name for name in order if name != first]
    if settings.backup_server in rest:
        rest.insert(0, settings.backup_server)
    backup = None if settings.no_backup or not rest else place.engines[rest[0]]
    return place.engines[first or order[0]], backup


def _zone(system: PhoneSystem, handset: Handset, served: str | None) -> str:
    """Where the handset is, its clock is right; of one without a site, where its line is."""
    site = system.sites.get(handset.site) if handset.site else None
    if site is not None:
        return site.timezone or system.settings.timezone
    return zone_of_line(system, served) if served else system.settings.timezone
