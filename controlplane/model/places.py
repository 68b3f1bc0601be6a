"""Tenant, site and number: the organisation, its locations, its public numbers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from controlplane.model.destination import DestinationField
from controlplane.model.feature_codes import Codes
from controlplane.model.hot_desk import HotDeskRules
from controlplane.model.part import E164, DialString, Name, Part, Text
from controlplane.model.provisioning import Provisioning

Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,10}$")]
"""Of digits, as a PIN."""


class ExtensionDigits(Part):
    """How many digits an extension has; the operator may widen it."""

    least: Annotated[int, Field(ge=1, le=10)] = 2
    most: Annotated[int, Field(ge=1, le=10)] = 4


class Tenant(Part):
    """The customer organisation. `country` gives the national dialling rules (ISO 3166 alpha-2).

    `authorisation_codes` by name: one of them lets a line call out that is to ask for it.
    `recording_days`: how long recordings of calls are kept; for ever unless given.
    `feature_codes`: those that are not the default ones, or `off`.
    `provisioning`: how handsets are set up.
    """

    name: Text = ""
    timezone: Text = "UTC"
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "GB"
    voice_service: bool = True
    extension_digits: ExtensionDigits = ExtensionDigits()
    emergency_numbers: tuple[DialString, ...] = ("112", "999")
    authorisation_codes: dict[Name, Code] = Field(default_factory=dict, max_length=1000)
    recording_days: Annotated[int, Field(ge=1, le=36500)] | None = None
    feature_codes: Codes = Field(default_factory=dict)
    hot_desk: HotDeskRules = HotDeskRules()
    provisioning: Provisioning = Provisioning()


class Site(Part):
    """A location. `emergency_caller_id` falls back to the main number."""

    name: Text = ""
    main_number: E164 | None = None
    emergency_caller_id: E164 | None = None
    timezone: Text | None = None
    address: Text = ""
    provisioning: Provisioning = Provisioning()


class NumberStatus(StrEnum):
    RESERVED = "reserved"
    ACTIVE = "active"
    PENDING = "pending"


class Number(Part):
    """A public number (DDI) keyed by E.164. Calls reach `to` while Active and enabled."""

    site: Name | None = None
    to: DestinationField | None = None
    status: NumberStatus = NumberStatus.ACTIVE
    enabled: bool = True

    @property
    def reachable(self) -> bool:
        return self.enabled and self.status is NumberStatus.ACTIVE
