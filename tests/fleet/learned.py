"""What a handset understood of its files, the same for every vendor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """`transport` is `udp`, `tcp` or `tls`; a port of 0 is the transport's own (RFC 3261)."""

    user: str
    auth_user: str
    password: str
    host: str
    port: int = 0
    transport: str = "udp"
    display_name: str = ""
    label: str = ""
    backup: str = ""
    voicemail: str = ""

    @property
    def server(self) -> tuple[str, int]:
        return self.host, self.port or (5061 if self.transport == "tls" else 5060)


@dataclass(frozen=True)
class Key:
    """`kind` is `line`, `speed-dial`, `blf`, `park` or the vendor's own word."""

    position: int
    kind: str
    value: str = ""
    label: str = ""


@dataclass(frozen=True)
class Learned:
    """`provisioning` is where the phone fetches from now on; empty if it was not told."""

    accounts: tuple[Account, ...]
    keys: tuple[Key, ...] = ()
    provisioning: str = ""
    phonebooks: tuple[str, ...] = ()
    admin_password: str = ""

    @property
    def account(self) -> Account:
        """The one account a handset has."""
        [only] = self.accounts
        return only
