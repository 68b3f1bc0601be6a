"""HTTP as handsets speak it, over loopback: versions, keep-alive, pipelining, and its limits."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from controlplane.web.provisioning.limits import Limits
from controlplane.web.provisioning.listening import LATE_SECONDS
from tests.provisioning.conftest import ADDRESS, MAC, OTHER_MAC, Handsets, Serve, free_port


@pytest.fixture
def path(handsets: Handsets) -> str:
    return f"/d/{handsets.token()}/{MAC}.cfg"


@pytest.mark.proves("G8")
def test_a_handset_gets_its_file(handsets: Handsets, path: str) -> None:
    found = handsets.get(path)
    assert found.status == 200
    assert found.body.startswith(b"#!version:1.0.0.1\n")
    assert b"account.1.user_name = acme.LDN-07\n" in found.body
    assert f"http://{ADDRESS}:{handsets.port}{path[:28]}".encode() in found.body
    assert found.headers["cache-control"] == "no-store"
    assert found.headers["content-type"].startswith("text/plain")
    assert "date" in found.headers
    assert "server" not in found.headers


def test_unchanged_is_told_as_often_as_it_is_asked(handsets: Handsets, path: str) -> None:
    line = handsets.line()
    tag = handsets.get(path, line=line).headers["etag"]
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        found = handsets.get(path, headers=(f"If-None-Match: {condition}",), line=line)
        assert (found.status, found.body, found.headers["etag"]) == (304, b"", tag)
    assert handsets.get(path, headers=('If-None-Match: "other"',), line=line).status == 200


def test_head_is_get_without_its_body(handsets: Handsets, path: str) -> None:
    line = handsets.line()
    whole = handsets.get(path, line=line)
    head = handsets.get(path, "HEAD", line=line)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))
    assert head.headers["etag"] == whole.headers["etag"]
    assert handsets.get(path, line=line).body == whole.body, "nothing was left over"


def test_http_1_0_ends_unless_asked_to_stay(handsets: Handsets, path: str) -> None:
    line = handsets.line()
    line.send(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    found = line.answer()
    assert found is not None
    assert (found.status, found.headers["connection"]) == (200, "close")
    assert line.ended()
    line = handsets.line()
    for _ in range(2):
        line.send(f"GET {path} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".encode())
        found = line.answer()
        assert found is not None
        assert (found.status, found.headers["connection"]) == (200, "keep-alive")


def test_requests_at_once_are_answered_in_their_order(handsets: Handsets, path: str) -> None:
    token = path.split("/")[2]
    names = [f"{MAC}.cfg", "y000000000000.boot", "phonebook.xml", "none.cfg", f"{MAC}.cfg"]
    # The second token is not known, so that its answer takes a look at the store.
    unknown = f"/d/{'u' * 24}/{MAC}.cfg"
    paths = [f"/d/{token}/{name}" for name in names[:2]] + [unknown]
    paths += [f"/d/{token}/{name}" for name in names[2:]]
    line = handsets.line()
    line.send(b"".join(f"GET {it} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for it in paths))
    answers = [line.answer() for _ in paths]
    assert [it.status if it else 0 for it in answers] == [200, 404, 404, 200, 404, 200]
    assert answers[0].body == answers[5].body  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [1, 3, 50])
def test_bytes_may_come_in_any_pieces(handsets: Handsets, path: str, size: int) -> None:
    line = handsets.line()
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\nUser-Agent: Yealink\r\n\r\n".encode() * 2
    for start in range(0, len(request), size):
        line.send(request[start : start + size])
    assert [line.answer().status, line.answer().status] == [200, 200]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("DELETE {path} HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("GET {path} HTTP/1.1\r\n\r\n", 400),
        ("GET {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 400),
        ("GET {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (
            "GET {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        ("GET {path} HTTP/3.7\r\nHost: a\r\n\r\n", 400),
        ("GET {path}\r\n\r\n", 400),
        ("BREW {path} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET {path} HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET {path} HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        ("GET /" + "a" * 2000 + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("GET {path} HTTP/1.1\r\nHost: a\r\nX: " + "a" * 9000 + "\r\n\r\n", 431),
        ("GET {path} HTTP/1.1\r\n" + "X: a\r\n" * 100 + "\r\n", 431),
    ],
)
def test_what_is_no_request_of_ours_is_told_so_and_ends(
    handsets: Handsets, path: str, request_line: str, status: int
) -> None:
    line = handsets.line()
    line.send(request_line.format(path=path).encode("latin-1"))
    found = line.answer()
    assert found is not None
    assert (found.status, found.headers["connection"]) == (status, "close")
    assert line.ended()
    assert handsets.get(path).status == 200, "the next handset is served"


def test_a_header_without_an_end_is_not_read_for_ever(handsets: Handsets) -> None:
    """The attack: one header line of a hundred megabytes."""
    line = handsets.line()
    line.send(b"GET / HTTP/1.1\r\nX: ")
    sent = 0
    try:
        for _ in range(1600):
            line.send(b"a" * 65536)
            sent += 65536
    except OSError:
        pass
    assert sent < 20_000_000, "the connection was cut off"


def test_who_sends_slowly_is_cut_off(serve: Serve) -> None:
    """The attack: slowloris, a byte of a header from time to time on many connections."""
    handsets = serve(Limits(head_seconds=0.6, idle_seconds=60))
    lines = [handsets.line() for _ in range(50)]
    begun = time.monotonic()
    for line in lines:
        line.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    while time.monotonic() - begun < 5 and handsets.counts.connections:
        for line in lines:
            try:
                line.send(b"a")
            except OSError:
                continue
        time.sleep(0.1)
    assert handsets.counts.connections == 0
    assert time.monotonic() - begun < 4


def test_who_does_not_read_is_cut_off_and_not_buffered_for(serve: Serve) -> None:
    """The attack: ask again and again for a file, and read none of it."""
    handsets = serve(Limits(write_seconds=0.6, pipelined=16))
    path = f"/d/{handsets.token()}/{MAC}.cfg"
    assert handsets.get(path).status == 200
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    line = handsets.line()
    line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    begun = time.monotonic()
    with suppress(OSError):
        while time.monotonic() - begun < 10:
            line.send(request * 10)
            time.sleep(0.01)
    assert time.monotonic() - begun < 8
    assert handsets.counts.statuses[200] < 3000
    assert handsets.get(path).status == 200


def test_an_idle_connection_ends(serve: Serve) -> None:
    handsets = serve(Limits(idle_seconds=0.6))
    line = handsets.line()
    assert handsets.get("/", line=line).status == 404
    assert line.ended()


def test_strangers_of_one_source_are_so_many_and_handsets_any_number(serve: Serve) -> None:
    handsets = serve(Limits(connections_of_strangers=5))
    token = handsets.token()
    known = [handsets.line() for _ in range(5)]
    for line in known:
        assert handsets.get(f"/d/{token}/{MAC}.cfg", line=line).status == 200
    strangers = [handsets.line() for _ in range(5)]
    for line in strangers:
        assert handsets.get("/", line=line).status == 404
    more = handsets.line()
    found = more.answer()
    assert found is not None
    assert (found.status, "retry-after" in found.headers) == (503, True)
    assert more.ended()
    assert handsets.get(f"/d/{token}/{MAC}.cfg", line=known[0]).status == 200


def test_so_many_connections_at_a_time_and_the_rest_come_again(serve: Serve) -> None:
    handsets = serve(Limits(connections=4))
    path = f"/d/{handsets.token()}/{MAC}.cfg"
    lines = [handsets.line() for _ in range(4)]
    for line in lines:
        assert handsets.get(path, line=line).status == 200
    more = handsets.line()
    found = more.answer()
    assert found is not None
    assert (found.status, "retry-after" in found.headers) == (503, True)
    assert more.ended()
    lines[0].close()
    _until(lambda: handsets.counts.connections < 4)
    assert handsets.get(path).status == 200


def test_with_more_to_do_than_time_what_is_kept_is_served_and_the_rest_comes_again(
    handsets: Handsets, path: str
) -> None:
    """Overload: a phone that is told 404, or is given an empty file, loses what it has."""
    kept, other = handsets.line(), handsets.line()
    own = handsets.get(path, line=kept)
    new = f"/d/{handsets.token('LDN-08')}/{OTHER_MAC}.cfg"
    assert handsets.get(f"/d/{new.split('/')[2]}/none", line=other).status == 404, "known by now"
    handsets.delay(LATE_SECONDS + 1.0)
    handsets.get("/", line=other)  # it is late by now, and sees that next
    for _ in range(2):
        found = handsets.get(path, line=kept)
        assert (found.status, found.body) == (200, own.body)
    refused = handsets.get(new, line=other)
    assert (refused.status, "retry-after" in refused.headers) == (503, True)
    _until(lambda: handsets.get(new, line=other).status == 200)


def test_logs_are_accepted_and_thrown_away_within_limits(serve: Serve) -> None:
    handsets = serve(Limits(upload_bytes=100_000))
    stranger = handsets.get(f"/d/{'u' * 24}/{MAC}.log", "PUT", body=b"a" * 1000)
    assert (stranger.status, stranger.headers["connection"]) == (404, "close")
    assert handsets.counts.statuses[201] == 0


def test_https_with_keep_alive_and_conditions(serve: Serve, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    handsets = serve(tls_port=free_port(), certificate=certificate, key=key)
    tls = ssl.create_default_context(cafile=certificate)
    line = handsets.line(tls)
    path = f"/d/{handsets.token()}/{MAC}.cfg"
    found = handsets.get(path, line=line)
    assert found.status == 200
    again = handsets.get(path, headers=(f"If-None-Match: {found.headers['etag']}",), line=line)
    assert again.status == 304
    plain = handsets.line(port=handsets.tls_port or 0)
    plain.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert plain.answer() is None, "nothing is served in clear there"
    assert handsets.get(path, line=handsets.line(tls)).status == 200


def test_who_begins_tls_and_says_nothing_is_cut_off(serve: Serve, tmp_path: Path) -> None:
    """The attack: hold connections open before there is anything to see of them."""
    certificate, key = self_signed(tmp_path)
    limits = Limits(handshake_seconds=0.6)
    handsets = serve(limits, tls_port=free_port(), certificate=certificate, key=key)
    silent = [handsets.line(port=handsets.tls_port or 0) for _ in range(50)]
    for line in silent[:25]:
        line.send(b"\x16\x03\x01\x02\x00\x01")
    begun = time.monotonic()
    tls = ssl.create_default_context(cafile=certificate)
    path = f"/d/{handsets.token()}/{MAC}.cfg"
    assert handsets.get(path, line=handsets.line(tls)).status == 200, "the others are served"
    assert all(line.ended() for line in silent)
    assert time.monotonic() - begun < 4
    assert handsets.get(path, line=handsets.line(tls)).status == 200


def _until(done: Callable[[], bool], seconds: float = 8.0) -> None:
    begun = time.monotonic()
    while not done():
        assert time.monotonic() - begun < seconds, "it never came to be"
        time.sleep(0.05)


def self_signed(folder: Path, name: str = "phones.example") -> tuple[str, str]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *words.split(), *names, *files], check=True, capture_output=True)
    return str(certificate), str(key)
