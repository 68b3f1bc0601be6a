"""Trunk: a SIP connection to a carrier."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from controlplane.model.part import HostName, OneOrMore, Part, Secret


class Transport(StrEnum):
    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


Address = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$")]


class Trunk(Part):
    """`priority`: the lower is tried first. `accept_from`: addresses it calls from, `host` if none.

    `qualify` asks the carrier every few seconds whether it is there (SIP OPTIONS) and passes over
    it while it does not answer; switch it off for a carrier that never answers OPTIONS.
    `register` sends our REGISTER with `username` and `password` (`register: yes` in YAML).
    """

    host: HostName
    port: Annotated[int, Field(ge=1, le=65535)] = 5060
    transport: Transport = Transport.UDP
    username: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+-]{1,64}$")] | None = None
    password: Secret | None = None
    registers: bool = Field(default=False, alias="register")
    accept_from: Annotated[tuple[Address, ...], OneOrMore] = ()
    qualify: bool = True
    priority: Annotated[int, Field(ge=0, le=1000)] = 100
    enabled: bool = True
