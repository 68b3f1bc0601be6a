"""Handset: a phone, with one permanent SIP account of its own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from controlplane.model.part import E164, Extension, Mac, Name, Part, Secret, Text
from controlplane.model.phone_key import Keys
from controlplane.model.provisioning import ModelName, Overrides


class Handset(Part):
    """Keyed by its Phone ID. `line` owns it permanently (111a, 111b); `login` is hot-desking.

    A login hides the owning line while it lasts. `sip_password` is made by the store
    where it is not given; `admin_password` is made from it where it is not given.
    `preferred_server` is the engine to register at. `keys` are those of the phone; those of the
    line it serves come before them. `overrides` are settings of the model, by the vendor's key.
    """

    mac: Mac | None = None
    model: ModelName | None = None
    firmware: Text | None = None
    site: Name | None = None
    line: Extension | None = None
    login: Extension | None = None
    name: Text = ""
    sip_password: Secret | None = None
    admin_password: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{4,32}$")] | None = None
    record_calls: bool = False
    preferred_server: Text | None = None
    emergency_caller_id: E164 | None = None
    keys: Keys = ()
    overrides: Overrides = Field(default_factory=dict)

    @property
    def serves(self) -> str | None:
        """The extension of the line that this handset answers and calls for now."""
        return self.login or self.line
