"""Deployment: where the store and the engines are, and how we reach them."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from controlplane.model.part import Email, HostName, Name, Part, Secret

Port = Annotated[int, Field(ge=1, le=65535)]
Folder = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00\n]+$")]


Url = Annotated[
    str, StringConstraints(max_length=300, pattern=r"^https?://[A-Za-z0-9.:\[\]-]+(/[!-~]*)?$")
]


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        raise ValueError("is no network; write it as 10.20.0.0/16 or 2001:db8::/32") from None


class EngineKind(StrEnum):
    """The word that chooses an engine; controlplane/engines.py has a row for each."""

    ASTERISK = "asterisk"
    FREESWITCH = "freeswitch"


class Engine(Part):
    """One engine. All addresses are what the engine binds to and we connect to.

    `ari_port` and `ami_port` are Asterisk's. FreeSWITCH listens on `esl_port`, and asks about calls
    at `live_address` and `live_port`, where we listen.

    `phones_behind_nat`: a phone is called where its registration came from, whatever contact it
    named there.

    `folder` holds `bundles/<revision>` and the link `current`; the engine sees the same
    folder at `mounted_at`. `state_folder` is the engine's own (its database, its voicemail), as
    the engine sees it; `state_at` is where we see it, if elsewhere. Voicemail
    and call history need that: messages, greetings and the spool of ended calls are files.
    """

    kind: EngineKind = EngineKind.ASTERISK
    address: HostName = "127.0.0.1"
    sip_port: Port = 5060
    ari_port: Port = 8088
    ami_port: Port = 5038
    esl_port: Port = 8021
    live_address: HostName = "127.0.0.1"
    live_port: Port = 8084
    rtp_first: Port = 10000
    rtp_last: Port = 20000
    phones_behind_nat: bool = True
    user: Name = "controlplane"
    password: Secret
    application: Name = "controlplane"
    folder: Folder
    mounted_at: Folder = "/engine"
    state_folder: Folder = "/state"
    state_at: Folder | None = None

    @property
    def state_seen_at(self) -> str:
        return self.state_at or self.state_folder


class Run(Part):
    """`ctl run`: where health and metrics are served. Seconds to finish decisions on SIGTERM.

    `history_days`: how long ended calls are kept; for ever unless given.
    """

    address: HostName = "127.0.0.1"
    port: Port = 9188
    drain_seconds: Annotated[int, Field(ge=0, le=600)] = 10
    history_days: Annotated[int, Field(ge=1, le=36500)] | None = None


class MailSecurity(StrEnum):
    """STARTTLS: refused where the server does not offer it; TLS: from the first byte on."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailServer(Part):
    """Where `ctl run` hands over mails, which are `sender`'s. Without it, none are sent.

    A mail that the server does not take is tried again after `retry_first_seconds`, then after
    twice as long each time up to `retry_most_seconds`, until its message is `give_up_hours` old.
    `look_seconds`: how often engines are looked at for new messages. A recording of more than
    `largest_megabytes` is not attached: the mail then says where it is.
    """

    host: HostName
    port: Port = 587
    security: MailSecurity = MailSecurity.STARTTLS
    user: Secret | None = None
    password: Secret | None = None
    sender: Email
    retry_first_seconds: Annotated[int, Field(ge=1, le=3600)] = 30
    retry_most_seconds: Annotated[int, Field(ge=1, le=86_400)] = 900
    give_up_hours: Annotated[int, Field(ge=1, le=720)] = 72
    look_seconds: Annotated[int, Field(ge=1, le=600)] = 5
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 30
    largest_megabytes: Annotated[int, Field(ge=1, le=100)] = 20


Network = Annotated[str, AfterValidator(_network)]


class ProvisioningServer(Part):
    """Where handsets fetch their files; without it, nothing is served to them.

    `public_url` is how handsets reach it, as `https://phones.example:8443`. It is served at `port`
    over HTTP and at `tls_port` over HTTPS, for which `certificate` and `key` are PEM files. Over
    HTTP whoever sees the traffic sees passwords. `client_authorities`: certificates that signed
    those of handsets; one that shows a certificate must then be the handset it names.

    `firmware`: a folder whose files every enrolled handset may fetch, below `firmware/`.
    `networks`: none but handsets there are served anything, if given.
    """

    address: HostName = "127.0.0.1"
    port: Port | None = None
    tls_port: Port | None = None
    public_url: Url
    certificate: Folder | None = None
    key: Folder | None = None
    client_authorities: Folder | None = None
    firmware: Folder | None = None
    networks: tuple[Network, ...] = ()
    cache_megabytes: Annotated[int, Field(ge=1, le=65_536)] = 256

    @model_validator(mode="after")
    def _serves_somewhere(self) -> Self:
        if self.port is None and self.tls_port is None:
            raise ValueError("serves nothing: give a port, a tls_port or both")
        if self.tls_port is not None and not (self.certificate and self.key):
            raise ValueError("has a tls_port: give it a certificate and a key")
        if self.port == self.tls_port:
            raise ValueError("has one port for both: give port and tls_port each its own")
        return self


class Deployment(Part):
    """The whole configuration file. `database` is an SQLAlchemy URL (SQLite or PostgreSQL).

    `portal_url` is where people find the portal, as `https://phones.example`.
    """

    database: Secret
    engines: dict[Name, Engine]
    run: Run = Run()
    mail: MailServer | None = None
    portal_url: Url | None = None
    provisioning: ProvisioningServer | None = None
