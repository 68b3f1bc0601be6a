"""A tone as raw PCMU, for callers that talk."""

from __future__ import annotations

import math
from pathlib import Path

RATE = 8000


def mu_law(sample: int) -> int:
    """One 16-bit linear sample as a G.711 mu-law byte (ITU-T G.711, bias 132)."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | (exponent << 4) | mantissa) & 0xFF


def write_tone(path: Path, *, hertz: int = 440, seconds: int = 2) -> Path:
    """Writes the tone and returns its path."""
    step = 2 * math.pi * hertz / RATE
    samples = (int(8000 * math.sin(step * n)) for n in range(RATE * seconds))
    path.write_bytes(bytes(mu_law(sample) for sample in samples))
    return path
