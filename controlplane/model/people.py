"""User: a person — login, scope, licence, profile."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from controlplane.model.part import Email, Name, OneOrMore, Part, Text


class Scope(StrEnum):
    """What a person may do, from least to most."""

    BASIC_USER = "basic-user"
    AGENT = "call-centre-agent"
    SUPERVISOR = "call-centre-supervisor"
    OFFICE_MANAGER = "office-manager"
    ADMINISTRATOR = "administrator"


class Licence(StrEnum):
    VOICE = "voice"
    ADMIN = "admin"


class User(Part):
    """`email[0]` is the portal login and gets voicemail; site and zone fall back to the tenant."""

    first: Text = ""
    last: Text = ""
    login: Text = ""
    email: Annotated[tuple[Email, ...], OneOrMore] = ()
    scope: Scope = Scope.BASIC_USER
    licence: Licence = Licence.VOICE
    department: Text = ""
    site: Name | None = None
    timezone: Text | None = None
    area_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}$")] | None = None

    @property
    def display_name(self) -> str:
        return f"{self.first} {self.last}".strip()
