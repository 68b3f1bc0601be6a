"""Database errors as one clear line: what is wrong with which database, and how to mend it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from controlplane.diagnostics import Diagnostic, Unavailable

_LOCKED = ("is locked by another process", "try again when that has finished")
_FULL = ("has no room left: the disk is full", "free some space; nothing was changed")
_READ_ONLY = ("cannot be written", "check the owner and mode of the file and of its directory")
_UNUSABLE = ("is not a usable database, or is damaged", "restore it from a backup")
_PASSWORD = ("refused the user or password", "check the database URL")
_MISSING = ("does not exist on the server", "create it, or check the database URL")
_RIGHTS = ("does not permit this to its user", "grant the rights on the schema")
_AGAIN = ("was changed by another process at the same moment", "try again")
_DOWN = ("cannot be reached", "start the server, or check the database URL")

_SQLITE = {
    "BUSY": _LOCKED,
    "LOCKED": _LOCKED,
    "FULL": _FULL,
    "READONLY": _READ_ONLY,
    "CANTOPEN": ("cannot be opened", "check the file and the mode of its directory"),
    "PERM": _READ_ONLY,
    "NOTADB": _UNUSABLE,
    "CORRUPT": _UNUSABLE,
    # The index of the write-ahead log cannot grow: that is how a full disk shows to a reader.
    "IOERR_SHMSIZE": _FULL,
    "IOERR": ("cannot be read or written: the disk reports an error", "check the disk"),
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html, the longest prefix wins.
_POSTGRESQL = {
    "08": _DOWN,
    "28": _PASSWORD,
    "3D": _MISSING,
    "40": _AGAIN,
    "42501": _RIGHTS,
    "53100": _FULL,
    "53300": ("has no connection left", "raise max_connections, or close other programs"),
    "55P03": _LOCKED,
    "57P": _DOWN,
}

# libpq gives no code where a connection fails, only its text.
_CONNECTING = {
    "password authentication failed": _PASSWORD,
    "no password supplied": _PASSWORD,
    "no pg_hba.conf entry": _PASSWORD,
    "role ": _PASSWORD,
    "database ": _MISSING,
    "too many clients": _POSTGRESQL["53300"],
}


@contextmanager
def clear_faults(place: str) -> Iterator[None]:
    """Turn what the database raises into Unavailable; `place` names it, without its password.

    Broken references and duplicates (IntegrityError) pass: who commits can say which.
    """
    try:
        yield
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        raise explained(error, place) from error


def explained(error: SQLAlchemyError, place: str) -> Unavailable:
    """The fault behind an error of the database or of its driver."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    text = str(cause).strip() or type(cause).__name__
    if isinstance(cause, sqlite3.Error):
        name = str(getattr(cause, "sqlite_errorname", ""))
        code = name.removeprefix("SQLITE_")
        found = _SQLITE.get(code) or _SQLITE.get(code.partition("_")[0])
    else:
        found = _by_code(str(getattr(cause, "sqlstate", None) or "")) or _by_text(text)
    if found:
        return Unavailable([Diagnostic(f"the database {found[0]}", place, found[1])])
    return Unavailable([Diagnostic(f"the database reports: {text.splitlines()[0]:.200}", place)])


def _by_code(code: str) -> tuple[str, str] | None:
    for length in range(len(code), 1, -1):
        if found := _POSTGRESQL.get(code[:length]):
            return found
    return None


def _by_text(text: str) -> tuple[str, str] | None:
    if not any(word in text for word in ("connection", "FATAL:", "resolve host")):
        return None
    _, fatal, reason = text.partition("FATAL:")
    for start, found in _CONNECTING.items():
        if start in reason:
            return found
    return None if fatal else _DOWN
