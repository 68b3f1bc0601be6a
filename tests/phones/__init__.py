"""Real SIP phones, callers and carriers for tests and the demonstration, made of sipp."""

from tests.phones.bank import Address, PhoneBank
from tests.phones.behaviour import (
    ANSWERS,
    BUSY,
    DECLINES,
    HANGS_UP_SOON,
    NO_CIRCUIT,
    OFFLINE,
    RINGS_OUT,
    SILENT,
    UNREACHABLE,
    WAITS,
    Answers,
    Behaviour,
    Caller,
    Manner,
    Offline,
    Phone,
    Rejects,
    RingsOut,
    Served,
    Silent,
    Unreachable,
)
from tests.phones.observe import CallResult, Identity, Observation
from tests.phones.placed import PlacedCall
from tests.phones.sipp import SippFailed
from tests.phones.trace import Message

__all__ = [
    "ANSWERS",
    "BUSY",
    "DECLINES",
    "HANGS_UP_SOON",
    "NO_CIRCUIT",
    "OFFLINE",
    "RINGS_OUT",
    "SILENT",
    "UNREACHABLE",
    "WAITS",
    "Address",
    "Answers",
    "Behaviour",
    "CallResult",
    "Caller",
    "Identity",
    "Manner",
    "Message",
    "Observation",
    "Offline",
    "Phone",
    "PhoneBank",
    "PlacedCall",
    "Rejects",
    "RingsOut",
    "Served",
    "Silent",
    "SippFailed",
    "Unreachable",
]
