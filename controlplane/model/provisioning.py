"""Provisioning: how handsets are set up, of a tenant, and of a site where it differs."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from controlplane.model.part import HostName, Name, OneOrMore, Part
from controlplane.model.phone_key import Keys
from controlplane.model.trunk import Address, Transport


class Codec(StrEnum):
    """Those that the engines take from phones."""

    ULAW = "ulaw"
    ALAW = "alaw"
    G722 = "g722"


class Srtp(StrEnum):
    OFF = "off"
    OFFERED = "offered"
    REQUIRED = "required"


def _off(value: Any) -> Any:
    """YAML reads `off` as false."""
    return Srtp.OFF if value is False else value


class Language(StrEnum):
    """Of a phone's screen (ISO 639-1)."""

    ENGLISH = "en"
    GERMAN = "de"
    FRENCH = "fr"
    SPANISH = "es"
    ITALIAN = "it"
    DUTCH = "nl"
    PORTUGUESE = "pt"


ModelName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[A-Za-z0-9 ._-]{1,40}$")]
"""`vendor/model`, as `yealink/T54W`."""

_WHOSE = re.compile(r"[a-z0-9-]+(/[A-Za-z0-9 ._-]{1,40}){0,2}")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/@:|\[\]-]{0,99}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _whose(text: str) -> str:
    if not _WHOSE.fullmatch(text):
        raise ValueError("says not whose; write yealink, yealink/T54W or yealink/T54W/96.86")
    return text


def _override_key(text: str) -> str:
    if not _KEY.fullmatch(text):
        raise ValueError("is no setting of a phone; write its name as the vendor does")
    return text


def _override_value(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("holds a control character or line break; leave it out")
    return text


Whose = Annotated[str, StringConstraints(max_length=100), AfterValidator(_whose)]
"""`yealink`, `yealink/T54W`, or `yealink/T54W/96.86` for firmware that begins so."""

Overrides = Annotated[
    dict[
        Annotated[str, AfterValidator(_override_key)],
        Annotated[str, StringConstraints(max_length=500), AfterValidator(_override_value)],
    ],
    Field(max_length=500),
]
"""Settings of a phone by its vendor's names."""


class Provisioning(Part):
    """What is not set here, a site has from its tenant, and a tenant by default.

    `backup_server`: the engine that a handset registers at where its own does not answer; the
    next one unless given, and `no_backup` for none. `outbound_proxy`: SIP goes by way of it.
    `codecs` in the order they are offered. `networks`: where handsets may fetch their first file
    from; anywhere unless given. `keys`: those of handsets that have none by themselves or by
    the line they serve. `overrides`: settings of phones by their vendor's names, by whose.
    """

    transport: Transport | None = None
    srtp: Annotated[Srtp | None, BeforeValidator(_off)] = None
    codecs: Annotated[tuple[Codec, ...], OneOrMore] = ()
    backup_server: Name | None = None
    no_backup: bool = False
    outbound_proxy: HostName | None = None
    outbound_proxy_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    language: Language | None = None
    time_server: HostName | None = None
    networks: Annotated[tuple[Address, ...], OneOrMore, Field(max_length=100)] = ()
    keys: Keys = ()
    overrides: dict[Whose, Overrides] = Field(default_factory=dict)

    def over(self, other: Provisioning) -> dict[str, Any]:
        """Every setting but the overrides: what is set here, else what is in `other`."""
        names = set(Provisioning.model_fields) - {"overrides"}
        return {
            name: getattr(self if name in self.model_fields_set else other, name) for name in names
        }
