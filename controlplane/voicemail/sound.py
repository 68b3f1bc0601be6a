"""Sound that people upload, as the WAV that both engines play: 8 kHz, 16 bits, mono.

What is uploaded is not trusted: it is decoded in a process of its own, with an end to its time
and memory, so that no file can hurt who reads it.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import wave
from pathlib import Path

from controlplane.diagnostics import Faults, fault

LARGEST = 25_000_000
"""Bytes of an uploaded file."""

LONGEST = 300
"""Seconds of a greeting."""

_RATE = 8_000
_BLOCK = 65_536
_SHORTEST = 0.2
_SECONDS = 30
_MEMORY = 2_000_000_000
_REFUSED = 3


def converted(source: Path) -> bytes:
    """The file as a WAV. Raises Faults with one line for whatever it is instead of sound."""
    place = str(source)
    try:
        size = source.stat().st_size
        if not source.is_file():
            raise fault("is no file", place)
        if size == 0:
            raise fault("is empty", place, "choose a WAV or MP3 file")
        if size > LARGEST:
            raise fault(f"is larger than {LARGEST // 1_000_000} MB", place, "choose a shorter one")
        content = source.read_bytes()
    except OSError as error:
        raise fault(f"cannot be read: {(error.strerror or '').lower()}", place) from None
    return convert(content, place)


def convert(content: bytes, place: str) -> bytes:
    """As `converted`; `place` is what to call it."""
    if not content:
        raise fault("is empty", place, "choose a WAV or MP3 file")
    if len(content) > LARGEST:
        raise fault(f"is larger than {LARGEST // 1_000_000} MB", place, "choose a shorter one")
    command = [sys.executable, "-m", "controlplane.voicemail.sound", Path(place).suffix.lower()]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise _unreadable(place) from None
    if done.returncode == _REFUSED:
        # The libraries write there too, before it.
        raise fault(done.stderr.decode("utf-8", "replace").strip().splitlines()[-1], place)
    if done.returncode != 0 or not done.stdout.startswith(b"RIFF"):
        raise _unreadable(place)
    return done.stdout


def _unreadable(place: str) -> Faults:
    return fault("is not sound that can be read", place, "choose a WAV or MP3 file")


class _Refused(Exception):
    pass


_SUFFIXES = {"WAV": ".wav", "WAVEX": ".wav", "RF64": ".wav", "MP3": ".mp3", "MPEG": ".mp3"}
_WHOLE = 0.98
"""How much of the length that a file tells must be there; MP3 is told in frames of 26 ms."""


def _decode(content: bytes, suffix: str) -> bytes:
    """In the process of its own. Raises _Refused, and whatever the libraries raise."""
    import numpy
    import soundfile
    import soxr

    parts = []
    with soundfile.SoundFile(io.BytesIO(content)) as sound:
        if sound.format not in _SUFFIXES:
            raise _Refused("is neither WAV nor MP3")
        if suffix in _SUFFIXES.values() and suffix != _SUFFIXES[sound.format]:
            raise _Refused(f"is named {suffix} and holds {sound.format}")
        if not 4_000 <= sound.samplerate <= 192_000 or sound.channels > 8:
            raise _Refused(f"has {sound.channels} channels of {sound.samplerate} Hz")
        stream = soxr.ResampleStream(sound.samplerate, _RATE, 1, dtype="float32")
        frames = 0
        while len(block := sound.read(_BLOCK, dtype="float32", always_2d=True)):
            frames += len(block)
            if frames > LONGEST * sound.samplerate:
                raise _Refused(f"is longer than {LONGEST} s")
            parts.append(stream.resample_chunk(block.mean(axis=1)))
        if frames < _WHOLE * sound.frames:
            raise _Refused("is cut off: its end is missing")
        if frames < _SHORTEST * sound.samplerate:
            raise _Refused("holds no sound")
        parts.append(stream.resample_chunk(numpy.zeros(0, "float32"), last=True))
    whole = numpy.nan_to_num(numpy.concatenate(parts)).clip(-1.0, 1.0)
    return _wav((whole * 32_767).astype("<i2").tobytes())


def _wav(samples: bytes) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(samples)
    return out.getvalue()


def _main() -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sys.stdout.buffer.write(_decode(sys.stdin.buffer.read(LARGEST + 1), sys.argv[1]))
    except _Refused as error:
        sys.stderr.write(f"\n{error}")
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_main())
