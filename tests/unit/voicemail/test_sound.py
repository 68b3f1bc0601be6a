"""Uploaded sound: what is taken, and everything else refused in one line."""

from __future__ import annotations

import io
import os
import wave
from pathlib import Path

import numpy
import pytest
import soundfile

from controlplane.diagnostics import Faults
from controlplane.voicemail.sound import converted


def tone(file: Path, seconds: float = 3.0, rate: int = 44_100, channels: int = 1) -> Path:
    samples = 0.3 * numpy.sin(numpy.arange(int(rate * seconds)) * 440 * 6.283 / rate)
    soundfile.write(file, numpy.stack([samples] * channels, 1), rate)
    return file


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "A.MP3", "no-suffix"])
@pytest.mark.parametrize("channels", [1, 2])
def test_wav_and_mp3_become_what_the_engines_play(tmp_path: Path, name: str, channels: int) -> None:
    file = tone(tmp_path / ("a.wav" if name == "no-suffix" else name.lower()), channels=channels)
    file = file.rename(tmp_path / name)
    with wave.open(io.BytesIO(converted(file))) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        samples = numpy.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(float)
    assert len(samples) == pytest.approx(24_000, abs=800)
    loudest = numpy.argmax(numpy.abs(numpy.fft.rfft(samples))) * 8000 / len(samples)
    assert loudest == pytest.approx(440, abs=3)


def _lie(file: Path) -> None:
    tone(file.with_suffix(".wav")).rename(file)


def _cut(file: Path) -> None:
    tone(file, 10)
    file.write_bytes(file.read_bytes()[:9_000])


def _huge(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(5_000_000_000)


REFUSED = {
    "empty": ("a.mp3", lambda file: file.write_bytes(b""), "is empty"),
    "huge": ("a.mp3", _huge, "is larger than 25 MB"),
    "text": ("a.mp3", lambda file: file.write_bytes(b"hello" * 9999), "is not sound"),
    "noise": ("a.mp3", lambda file: file.write_bytes(os.urandom(100_000)), "is not sound"),
    "another kind": ("a.flac", lambda file: tone(file), "is neither WAV nor MP3"),
    "WAV named MP3": ("a.mp3", _lie, "is named .mp3 and holds WAV"),
    "cut off": ("a.mp3", _cut, "is cut off"),
    "ten minutes": ("a.mp3", lambda file: tone(file, 600, 8_000), "is longer than 300 s"),
    "only a header": ("a.wav", lambda file: tone(file, 0), "holds no sound"),
    "a folder": ("a.wav", lambda file: file.mkdir(), "is no file"),
    "not there": ("a.wav", lambda file: None, "cannot be read"),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize(("name", "make", "said"), REFUSED.values(), ids=REFUSED)
def test_all_else_is_refused_in_one_line(
    tmp_path: Path, name: str, make: object, said: str
) -> None:
    file = tmp_path / name
    make(file)  # type: ignore[operator]
    with pytest.raises(Faults) as caught:
        converted(file)
    [diagnostic] = caught.value.diagnostics
    assert said in diagnostic.message
    assert "\n" not in str(diagnostic)
