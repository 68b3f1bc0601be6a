"""What is served beside configurations: firmware, logs, phonebooks; and what is kept of it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.files import render
from controlplane.service.handsets.files import HandsetFiles, Places
from controlplane.web.provisioning.counts import Counts
from controlplane.web.provisioning.limits import Limits
from controlplane.web.provisioning.shelf import Shelf
from tests.provisioning.conftest import ACME, ADDRESS, MAC, Handsets, Serve

IMAGE = bytes(range(256)) * 12_000
"""Three megabytes."""


@pytest.fixture
def firmware(serve: Serve, tmp_path: Path) -> Handsets:
    folder = tmp_path / "firmware"
    (folder / "yealink").mkdir(parents=True)
    (folder / "yealink/T54W-96.86.0.75.rom").write_bytes(IMAGE)
    (folder / "empty.rom").write_bytes(b"")
    return serve(Limits(downloads=4), firmware=str(folder))


ROM = "firmware/yealink/T54W-96.86.0.75.rom"


@pytest.mark.proves("G8")
def test_firmware_is_served_whole_and_in_ranges(firmware: Handsets) -> None:
    path = f"/d/{firmware.token()}/{ROM}"
    line = firmware.line()
    whole = firmware.get(path, line=line)
    assert (whole.status, whole.body) == (200, IMAGE)
    assert whole.headers["accept-ranges"] == "bytes"
    for asked, start, end in (
        ("bytes=0-99", 0, 100),
        ("bytes=1000000-", 1_000_000, len(IMAGE)),
        ("bytes=-500", len(IMAGE) - 500, len(IMAGE)),
        ("bytes=3071990-99999999", 3_071_990, len(IMAGE)),
    ):
        part = firmware.get(path, headers=(f"Range: {asked}",), line=line)
        assert (part.status, part.body) == (206, IMAGE[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{len(IMAGE)}"
    for asked in ("bytes=1-2,5-6", "lines=1-2", "bytes=-", "bytes=9-3", "bytes=x"):
        assert firmware.get(path, headers=(f"Range: {asked}",), line=line).status == 200
    for asked in (f"bytes={len(IMAGE)}-", "bytes=-0"):
        none = firmware.get(path, headers=(f"Range: {asked}",), line=line)
        assert (none.status, none.headers["content-range"]) == (416, f"bytes */{len(IMAGE)}")
    tag = whole.headers["etag"]
    assert firmware.get(path, headers=(f"If-None-Match: {tag}",), line=line).status == 304
    both = (f"If-Range: {tag}", "Range: bytes=0-9")
    assert firmware.get(path, headers=both, line=line).status == 206
    both = ('If-Range: "another"', "Range: bytes=0-9")
    assert firmware.get(path, headers=both, line=line).body == IMAGE
    head = firmware.get(path, "HEAD", line=line)
    assert (head.status, head.headers["content-length"]) == (200, str(len(IMAGE)))
    assert firmware.get(f"/d/{path.split('/')[2]}/firmware/empty.rom", line=line).body == b""
    _until(lambda: firmware.counts.downloads == 0)


def test_firmware_is_for_handsets_that_are_enrolled(firmware: Handsets) -> None:
    for path in (f"/{ROM}", f"/d/{'u' * 24}/{ROM}", f"/d/{ROM}"):
        assert firmware.get(path).status == 404


def test_so_many_downloads_at_a_time_and_none_is_left_open(firmware: Handsets) -> None:
    """The attack: begin many downloads and read none of them."""
    with (firmware.place.folder / "firmware/huge.rom").open("wb") as file:
        file.truncate(200_000_000)
    path = f"/d/{firmware.token()}/firmware/huge.rom"
    assert firmware.get(path, "HEAD").status == 200
    open_before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    slow = [firmware.line() for _ in range(4)]
    for line in slow:
        line.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    _until(lambda: firmware.counts.downloads == 4)
    busy = firmware.get(path)
    assert (busy.status, "retry-after" in busy.headers) == (503, True)
    for line in slow:
        line.close()
    _until(lambda: firmware.counts.downloads == 0)
    assert firmware.get(path.replace("huge.rom", ROM[9:])).body == IMAGE
    _until(lambda: len(os.listdir("/proc/self/fd")) <= open_before)  # noqa: PTH208


def test_who_stops_reading_firmware_is_cut_off(serve: Serve, tmp_path: Path) -> None:
    """The attack: begin a download, read a little of it, and keep its place for ever."""
    folder = tmp_path / "firmware"
    folder.mkdir()
    with (folder / "huge.rom").open("wb") as file:
        file.truncate(200_000_000)
    handsets = serve(Limits(downloads=1, write_seconds=0.6), firmware=str(folder))
    path = f"/d/{handsets.token()}/firmware/huge.rom"
    slow = handsets.line()
    slow.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert len(slow.socket.recv(50_000)) > 0
    _until(lambda: handsets.counts.downloads == 1)
    assert handsets.get(path).status == 503
    _until(lambda: handsets.counts.downloads == 0, 4)
    assert handsets.get(path, headers=("Range: bytes=0-9",)).body == bytes(10)


POLY = ACME + '  LDN-09: {mac: "00:04:f2:12:34:56", model: MODEL, line: 102}\n'


def _uploads() -> list[tuple[str, str]]:
    """A name of each kind of file that phones send, and a model that does."""
    found = []
    for vendor in catalogue().vendors.values():
        for kind in vendor.files.values():
            if kind.uploads:
                name = kind.name.replace("{mac}", "0004f2123456").replace("{MAC}", "0004F2123456")
                found.append((name, next(iter(vendor.models.values())).key))
    return found


@pytest.mark.parametrize(("name", "model"), _uploads())
def test_logs_are_taken_and_thrown_away(serve: Serve, name: str, model: str) -> None:
    handsets = serve(Limits(upload_bytes=100_000), text=POLY.replace("MODEL", model))
    path = f"/d/{handsets.token('LDN-09')}/{name}"
    line = handsets.line()
    for size in (0, 10, 90_000):
        assert handsets.get(path, "PUT", body=b"a" * size, line=line).status == 201
    line.send(f"PUT {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    line.send(b"5\r\nabcde\r\n0\r\n\r\n")
    assert line.answer().status == 201  # type: ignore[union-attr]
    expect = "Host: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n"
    line.send(f"PUT {path} HTTP/1.1\r\n{expect}\r\n".encode())
    assert line.answer().status == 100  # type: ignore[union-attr]
    line.send(b"abc")
    assert line.answer().status == 201  # type: ignore[union-attr]
    large = handsets.get(path, "PUT", body=b"a" * 200_000, line=line)
    assert (large.status, large.headers["connection"]) == (413, "close")
    line = handsets.line()
    line.send(f"PUT {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    line.send(b"10000\r\n" + b"a" * 65536 + b"\r\n10000\r\n" + b"a" * 65536)
    assert line.answer().status == 413  # type: ignore[union-attr]
    other = name.replace("0004f2", "0004f3").replace("0004F2", "0004F3")
    if other != name:
        assert handsets.get(path.replace(name, other), "PUT", body=b"a").status == 404


def test_what_handsets_share_is_alike_for_all_and_kept_once(serve: Serve) -> None:
    """Of every vendor's files that are said to be shared: handsets that differ in all else."""
    sites = "sites:\n  london: {provisioning: {language: de}}\n"
    for vendor in catalogue().vendors.values():
        shared = [it for it in vendor.files.values() if it.shared]
        if not shared:
            continue
        models = [*vendor.models.values()]
        first, last = models[0], models[-1]
        text = ACME.replace("sites:\n  london: {}\n", sites)
        text = text.replace("yealink/T54W, site", f"{first.key}, site")
        text = text.replace("yealink/T54W, line", f"{last.key}, line")
        handsets = serve(text=text)
        files = HandsetFiles(handsets.store)
        files.take(files.look())
        places = Places(handsets.place.deployment.model_copy(update={"provisioning": _Url()}))
        for kind in shared:
            asked = vendor.asked(kind.name)
            assert asked is not None
            bodies = []
            for number, handset in enumerate(("LDN-07", "LDN-08")):
                desk = files.tenants["acme"].desk(handset, places.of(2026, f"token-{number}"))
                file = render(desk, asked)
                assert file is not None
                bodies.append(file.body)
            assert bodies[0] == bodies[1], f"{vendor.name}: {kind.name}"
        handsets.served.stop()  # type: ignore[union-attr]


class _Url:
    public_url = "http://phones.example"


def test_memory_is_bounded_by_who_asked_longest_ago(serve: Serve) -> None:
    handsets = serve()
    tokens = [handsets.token(), handsets.token("LDN-08")]
    files, counts = HandsetFiles(handsets.store), Counts()
    files.take(files.look())
    places = Places(handsets.place.deployment.model_copy(update={"provisioning": _Url()}))
    known = {it.handset: it for it in files.tokens.values()}
    shelf = Shelf(files, places, counts, 6_000, 2026)
    one = shelf.find(known["LDN-07"], tokens[0], f"{MAC}.cfg")
    assert one is not None
    assert shelf.find(known["LDN-07"], tokens[0], f"{MAC}.cfg") is one
    assert counts.events["rendered"] == 1
    for number in range(100):
        assert shelf.find(known["LDN-07"], tokens[0], f"none-{number}.cfg") is None
    size = counts.cached_bytes
    assert size == len(one.full.body)
    assert shelf.find(known["LDN-08"], tokens[1], "805ec0abcdef.cfg") is not None
    assert counts.cached_bytes <= max(6_000, size + 500), "the first made room"
    assert shelf.find(known["LDN-07"], tokens[0], f"{MAC}.cfg") is not one
    shelf.in_year(2027)
    assert counts.cached_bytes == 0


def test_many_at_once_are_each_given_their_own(handsets: Handsets) -> None:
    paths = {
        handset: f"/d/{handsets.token(handset)}/{mac}.cfg"
        for handset, mac in (("LDN-07", MAC), ("LDN-08", "805ec0abcdef"))
    }
    wrong: list[str] = []

    def fetch(handset: str) -> None:
        line = handsets.line()
        for _ in range(200):
            body = handsets.get(paths[handset], line=line).body
            if f"acme.{handset}\n".encode() not in body:
                wrong.append(handset)

    threads = [threading.Thread(target=fetch, args=(it,)) for it in [*paths] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert ADDRESS


def _until(done: object, seconds: float = 8.0) -> None:
    begun = time.monotonic()
    while not done():  # type: ignore[operator]
        assert time.monotonic() - begun < seconds, "it never came to be"
        time.sleep(0.05)
