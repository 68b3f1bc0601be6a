"""Tones: as raw PCMU for phones that talk, and found again in what was recorded."""

from __future__ import annotations

import math
import wave
from pathlib import Path

import numpy

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


def tones_in(recording: Path, *hertz: int) -> dict[int, float]:
    """Seconds of each tone in a WAV file of 8 kHz with one channel: it stands out there."""
    with wave.open(str(recording)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        data = numpy.frombuffer(file.readframes(file.getnframes()), numpy.int16)
    part = RATE // 10
    found = dict.fromkeys(hertz, 0.0)
    for first in range(0, len(data) - part + 1, part):
        power = numpy.abs(numpy.fft.rfft(data[first : first + part])) / part
        for tone in hertz:
            # One bin is 10 Hz.
            if power[tone // 10 - 1 : tone // 10 + 2].max() > 300:
                found[tone] += part / RATE
    return found
