"""Calls that must ring a phone and be answered."""

from __future__ import annotations

from collections.abc import Mapping

from tests.bench.sip_caller import OK, RINGING, CallFailed, Placed, SipBench


def rings(phones: SipBench, passwords: Mapping[str, str], account: str, called: str) -> Placed:
    """Raises CallFailed where it did not."""
    placed = phones.call(account, passwords[account], called)
    if (placed.first_status, placed.final_status) != (RINGING, OK):
        raise CallFailed(f"{account} to {called}: {placed}")
    return placed
