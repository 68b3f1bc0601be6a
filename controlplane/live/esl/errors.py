"""What happened to an ESL command when it did not simply succeed."""

from __future__ import annotations

from controlplane.live.errors import LinkLost, LiveError


class EslError(LiveError):
    """The engine answered `-ERR` or `-USAGE`. `message` is its reason."""

    def __init__(self, message: str, command: str = "") -> None:
        self.message = message
        super().__init__(f"{command}: {message}" if command else message)


class AccessRefused(LiveError):
    """The engine's access list (`apply-inbound-acl`) does not have our address."""


class NotSent(LinkLost):
    """No byte of the command has left us: it was not carried out."""


class Unconfirmed(LinkLost):
    """The command was written and not answered: it may or may not have been carried out."""


class OutcomeLost(LinkLost):
    """The engine accepted the command and the link broke before it told how it ended."""
