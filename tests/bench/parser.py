"""How fast the event socket's parser reads what a FreeSWITCH once sent, on one core."""

from __future__ import annotations

import time

from controlplane.live.esl.parser import Parser
from examples.stack import ROOT
from tests.bench.figures import Figure, figure

RECORDED = ROOT / "tests/data/esl/outbound.txt"
"""One call's events: rung, answered, bridged, hung up."""

MB = 5
PIECE = 65_536
"""Bytes; as much as a socket gives at once."""


def measure(runs: int) -> Figure:
    once = RECORDED.read_bytes()
    stream = once * (MB * 1_000_000 // len(once))
    pieces = [stream[at : at + PIECE] for at in range(0, len(stream), PIECE)]
    found = []
    for _ in range(runs):
        parser, messages = Parser(), 0
        began = time.process_time()
        for piece in pieces:
            messages += len(parser.feed(piece))
        found.append(len(stream) / 1e6 / (time.process_time() - began))
        assert messages == len(Parser().feed(once)) * (len(stream) // len(once))
    return figure(found, messages=messages, bytes_a_message=round(len(stream) / messages))
