"""A handset that asks who sends it a NOTIFY: whoever does is to know its account's password.

Source: RFC 2617, as RFC 3261 (22.2) has it for user agents; some phones do so unless told not to.
"""

from __future__ import annotations

import hashlib
import re
import secrets

from tests.bench.sip_message import Message
from tests.fleet.learned import Account

_REALM = "handset"


class Challenge:
    """Of one handset: its nonces are good once."""

    def __init__(self) -> None:
        self._nonces: set[str] = set()

    def header(self) -> str:
        """For a 401."""
        nonce = secrets.token_hex(12)
        self._nonces.add(nonce)
        return (
            f'WWW-Authenticate: Digest realm="{_REALM}", nonce="{nonce}", algorithm=MD5, qop="auth"'
        )

    def met(self, request: Message, account: Account) -> bool:
        given = dict(re.findall(r'(\w+)="?([^",\s]+)"?', request.get("authorization")))
        if given.get("nonce") not in self._nonces or given.get("username") != account.auth_user:
            return False
        secret = _md5(f"{account.auth_user}:{_REALM}:{account.password}")
        what = _md5(f"{request.method}:{given.get('uri')}")
        counted = ":".join(given.get(it, "") for it in ("nonce", "nc", "cnonce", "qop"))
        if given.get("response") != _md5(f"{secret}:{counted}:{what}"):
            return False
        self._nonces.discard(given["nonce"])
        return True


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
