"""What can go wrong between us and an engine; every message is one line for a person."""

from __future__ import annotations


class LiveError(Exception):
    """Base of them all."""


class ProtocolError(LiveError):
    """The engine sent something that is not of its protocol."""


class CommandRefused(LiveError, ValueError):
    """We refused to send a command, because a text in it could break or bend the wire."""


class EngineDown(LiveError):
    """Nothing answers at the engine's address, or it is not ready to serve us."""


class WrongCredentials(LiveError):
    """The engine answers and refuses our user name or password."""


class LinkLost(LiveError):
    """The connection broke, or is not up; what was under way may or may not have been done."""


class RequestTimeout(LiveError, TimeoutError):
    """No answer in time; the command may still be carried out."""


class ApplicationTaken(LiveError):
    """Another controller registered the same ARI application; the engine now talks to that one."""


class AriError(LiveError):
    """ARI answered other than 2xx. `status` is the HTTP status, `message` the engine's reason."""

    def __init__(self, status: int, message: str, request: str = "") -> None:
        self.status = status
        self.message = message
        super().__init__(f"{request}: {status} {message}" if request else f"{status} {message}")


class AmiError(LiveError):
    """AMI answered `Response: Error`. `message` is the engine's reason."""

    def __init__(self, message: str, action: str = "") -> None:
        self.message = message
        super().__init__(f"{action}: {message}" if action else message)
