"""Handset: a phone, with one permanent SIP account of its own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from controlplane.model.part import E164, Extension, Mac, Name, Part, Secret, Text


class Handset(Part):
    """Keyed by its Phone ID. `line` owns it permanently (111a, 111b); `login` is hot-desking.

    A login hides the owning line while it lasts. `sip_password` is made by the store
    where it is not given. `overrides` are settings of the model, by the vendor's key.
    """

    mac: Mac | None = None
    model: (
        Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[A-Za-z0-9 ._-]{1,40}$")] | None
    ) = None
    firmware: Text | None = None
    site: Name | None = None
    line: Extension | None = None
    login: Extension | None = None
    name: Text = ""
    sip_password: Secret | None = None
    record_calls: bool = False
    preferred_server: Text | None = None
    emergency_caller_id: E164 | None = None
    overrides: dict[Text, Text] = Field(default_factory=dict)

    @property
    def serves(self) -> str | None:
        """The extension of the line that this handset answers and calls for now."""
        return self.login or self.line
