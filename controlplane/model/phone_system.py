"""The phone system of one tenant, whole, and the table of the kinds of object it is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from controlplane.model.answering import NumberList
from controlplane.model.group import HuntGroup
from controlplane.model.handset import Handset
from controlplane.model.line import Line
from controlplane.model.mailbox import Mailbox
from controlplane.model.part import E164, Extension, Name, Part
from controlplane.model.people import User
from controlplane.model.places import Number, Site, Tenant
from controlplane.model.time_frame import TimeFrame
from controlplane.model.trunk import Trunk

TenantKey = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]


class PhoneSystem(Part):
    """Collections by natural key. `settings` is the tenant's own object."""

    tenant: TenantKey
    settings: Tenant = Tenant()
    sites: dict[Name, Site] = Field(default_factory=dict)
    users: dict[Name, User] = Field(default_factory=dict)
    lines: dict[Extension, Line] = Field(default_factory=dict)
    numbers: dict[E164, Number] = Field(default_factory=dict)
    groups: dict[Name, HuntGroup] = Field(default_factory=dict)
    mailboxes: dict[Extension, Mailbox] = Field(default_factory=dict)
    handsets: dict[Name, Handset] = Field(default_factory=dict)
    number_lists: dict[Name, NumberList] = Field(default_factory=dict)
    time_frames: dict[Name, TimeFrame] = Field(default_factory=dict)
    trunks: dict[Name, Trunk] = Field(default_factory=dict)


KINDS: dict[str, type[Part]] = {
    "settings": Tenant,
    "sites": Site,
    "users": User,
    "lines": Line,
    "numbers": Number,
    "groups": HuntGroup,
    "mailboxes": Mailbox,
    "handsets": Handset,
    "number_lists": NumberList,
    "time_frames": TimeFrame,
    "trunks": Trunk,
}
"""Collection name -> type, in an order that can be stored without a dangling reference."""
