"""The answer to an ARI request, whichever way it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from controlplane.live.ari.requests import Request
from controlplane.live.errors import AriError


@dataclass(frozen=True, slots=True)
class Response:
    """`body` is parsed JSON, None where the engine sent none."""

    status: int
    reason: str
    body: Any = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def message(self) -> str:
        """The engine's own words for an error, else the HTTP reason."""
        if isinstance(self.body, dict):
            text = self.body.get("message") or self.body.get("error")
            if isinstance(text, str):
                return text
        return self.reason

    def checked(self, request: Request) -> Response:
        """Itself. Raises AriError where it is no success."""
        if not self.ok:
            raise AriError(self.status, self.message, str(request))
        return self
