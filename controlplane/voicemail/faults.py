"""What goes wrong with mailboxes, as one clear line each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from controlplane.diagnostics import Faults, fault
from controlplane.live.errors import EngineDown, LiveError, WrongCredentials
from controlplane.model.deployment import Engine
from controlplane.voicemail.mailboxes import Box


def missing(box: Box, message: str) -> Faults:
    return fault(
        f"there is no message {message!r}", str(box), "`ctl voicemail list` names all there are"
    )


@contextmanager
def clear(engine: Engine) -> Iterator[None]:
    """Errors of the engine and of its files as Faults."""
    try:
        yield
    except WrongCredentials as error:
        mend = "the password in the configuration is not the one the engine was started with"
        raise fault(str(error), engine.address, mend) from error
    except EngineDown as error:
        raise fault(str(error), engine.address, "start the engine, then try again") from error
    except LiveError as error:
        raise fault(str(error), engine.address) from error
    except OSError as error:
        place = str(error.filename or engine.state_seen_at)
        text = f"the engine's voicemail cannot be used: {(error.strerror or str(error)).lower()}"
        mend = "`state_at` of the engine says where we see its state folder"
        raise fault(text, place, mend) from error
