"""Who is served what: each attack written out, over loopback, on a server with two handsets."""

from __future__ import annotations

import datetime as dt
import os
import random
import re
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.qr import setup_url
from controlplane.service.handsets.enrolment import Enrolment
from controlplane.store.handset_seen import SeenStore
from controlplane.store.handset_tokens import TokenStore, digest_of
from controlplane.web.provisioning.sources import MISSES
from tests.provisioning.conftest import ACME, MAC, OTHER_MAC, Answer, Handsets, Serve, free_port

NOBODY = "ffffffffffff"
PATHS = ("/{mac}.cfg", "/{mac}.boot", "/d/{mac}.cfg", "/d//{mac}.cfg", "/cfg{mac}.xml", "/d/{mac}/")


def seems(answer: Answer) -> bytes:
    """Everything a guesser could tell two answers apart by, the clock aside."""
    return re.sub(rb"Date: [^\r]*", b"", answer.raw)


# --- no oracle


@pytest.mark.proves("G8")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_nobody_learns_which_macs_there_are(
    handsets: Handsets, path: str, method: str
) -> None:
    """The attack: ask for the file of each MAC, and see which answers differ (FusionPBX: 403 for
    one that there is, 401 or 404 for others)."""
    handsets.token()
    found = [
        seems(handsets.get(path.format(mac=mac), method))
        for mac in (MAC, OTHER_MAC, NOBODY, MAC.upper())
    ]
    assert found[0].startswith(b"HTTP/1.1 404 ")
    assert len(set(found)) == 1


def test_with_a_token_of_ones_own_neither(handsets: Handsets) -> None:
    """The attack: change the MAC in the URL (Wazo, Tancredi gave out everybody's files)."""
    token = handsets.token()
    own = handsets.get(f"/d/{token}/{MAC}.cfg")
    assert own.status == 200
    others = [handsets.get(f"/d/{token}/{mac}.cfg") for mac in (OTHER_MAC, NOBODY, MAC.upper())]
    others += [handsets.get(f"/d/{token}/{OTHER_MAC}.boot"), handsets.get(f"/d/{token}/none")]
    assert {it.status for it in others} == {404}
    assert len({seems(it) for it in others}) == 1
    assert seems(others[0]) == seems(handsets.get(f"/{NOBODY}.cfg"))
    assert b"hush-hush-08" not in b"".join(it.raw for it in (own, *others))


@pytest.mark.parametrize("agent", ["Yealink SIP-T54W 96.86.0.75 80:5e:c0:12:34:56", "curl/8"])
def test_what_one_says_one_is_admits_nobody(handsets: Handsets, agent: str) -> None:
    """The attack: a User-Agent as the handset's own, with its MAC in it."""
    handsets.token()
    assert handsets.get(f"/{MAC}.cfg", headers=(f"User-Agent: {agent}",)).status == 404


def test_a_hundred_thousand_macs_tell_nothing_and_disturb_nobody(handsets: Handsets) -> None:
    """The attack: guess through the MACs of an OUI, as fast as it answers, as if from the site."""
    token, picked = handsets.token(), random.Random(7)
    own = handsets.get(f"/d/{token}/{MAC}.cfg")
    line, statuses, slowest = handsets.line(), set(), 0.0
    for start in range(0, 100_000, 25):
        macs = [f"805ec0{picked.randrange(1 << 24):06x}" for _ in range(24)] + [MAC]
        paths = [f"/{mac}.cfg" if start % 2 else f"/d/{'x' * 24}/{mac}.cfg" for mac in macs]
        line.send(b"".join(f"GET {it} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for it in paths))
        answers = [line.answer() for _ in paths]
        statuses |= {it.status if it else 0 for it in answers}
        if start % 5000 == 0:
            begun = time.monotonic()
            assert handsets.get(f"/d/{token}/{MAC}.cfg").body == own.body
            slowest = max(slowest, time.monotonic() - begun)
    assert statuses == {404}
    assert slowest < 2
    assert handsets.counts.events["source refused"] >= 1


def test_many_misses_keep_no_handset_of_the_same_address_out(handsets: Handsets) -> None:
    """A site is behind one address: who guesses there must not keep its handsets from booting."""
    enrolment, token = handsets.enrolment("LDN-08"), handsets.token()
    for _ in range(MISSES + 10):
        assert handsets.get(f"/{NOBODY}.cfg").status == 404
    time.sleep(1.2)  # the store is followed meanwhile
    assert handsets.get(f"/d/{token}/{MAC}.cfg").status == 200
    assert handsets.get(f"/d/{enrolment}/{OTHER_MAC}.cfg").status == 200


def test_tokens_that_are_new_to_the_server_are_no_misses(handsets: Handsets) -> None:
    """A site whose handsets are all enrolled at once boots before the server heard of each."""
    for _ in range(MISSES + 5):
        assert handsets.get(f"/d/{handsets.enrolment('LDN-08')}/{OTHER_MAC}.cfg").status == 200


@pytest.mark.parametrize(
    "name",
    [
        f"../{OTHER_MAC}.cfg",
        f"..%2f{OTHER_MAC}.cfg",
        f"%2e%2e/{OTHER_MAC}.cfg",
        f"{MAC}.cfg/../{OTHER_MAC}.cfg",
        f"{MAC}.cfg%00{OTHER_MAC}.cfg",
        f"{OTHER_MAC}.cfg?{MAC}.cfg",
        f"{OTHER_MAC}.cfg#{MAC}.cfg",
        f"{OTHER_MAC}.cfg;{MAC}.cfg",
        f"%38%30%35%65%63%30abcdef.cfg",  # noqa: F541
        f"{MAC}{OTHER_MAC}.cfg",
        f"{OTHER_MAC[:6]}:{OTHER_MAC[6:]}.cfg",
        "../../etc/passwd",
        "..%5c..%5cetc%5cpasswd",
        "/etc/passwd",
        "....//....//etc/passwd",
        "firmware/../../controlplane.sqlite",
        "firmware/%2e%2e/controlplane.sqlite",
        "firmware/link",
        "firmware/out/controlplane.sqlite",
        "firmware/",
        "firmware",
        "firmware/pipe",
        "%c0%ae%c0%ae/x",
        "%",
        "%zz",
        "a" * 900,
        "",
        "/",
        "{{7*7}}.cfg",
        "${jndi}.cfg",
    ],
)
def test_tricks_with_the_path(serve: Serve, tmp_path: Path, name: str) -> None:
    """The attack: leave the folder, or reach another's file by another way of writing its name."""
    folder = tmp_path / "firmware"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "controlplane.sqlite")
    (folder / "out").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    handsets = serve(firmware=str(folder))
    token = handsets.token()
    found = handsets.get(f"/d/{token}/{name}")
    assert (found.status, found.body) == (404, b"")


# --- enrolment


@pytest.mark.proves("G8")
def test_an_enrolment_serves_once(handsets: Handsets) -> None:
    """The attack: read the enrolment URL over somebody's shoulder and use it afterwards."""
    first = handsets.enrolment()
    for _ in range(3):
        boot = handsets.get(f"/d/{first}/{MAC}.boot")
        assert boot.status == 200, "what has no secrets in it may be fetched before"
    assert handsets.get(f"/d/{first}/{MAC}.cfg", "HEAD").status == 200
    found = handsets.get(f"/d/{first}/{MAC}.cfg")
    assert found.status == 200
    assert first.encode() not in found.body
    (url,) = re.findall(rb"auto_provision\.server\.url = http://[^/]+(/d/[^/]+/)\n", found.body)
    for name in (f"{MAC}.cfg", f"{MAC}.boot", "phonebook.xml"):
        assert handsets.get(f"/d/{first}/{name}").status == 404
    again = handsets.get(url.decode() + f"{MAC}.cfg")
    assert (again.status, again.body) == (200, found.body)


APPS = (
    ACME
    + """\
  APP-1: {model: MODEL, line: 101}
"""
)


def app_url(handsets: Handsets, minutes: int = 60) -> str:
    """The path that the QR code of APP-1 leads to."""
    model = handsets.store.system("acme").handsets["APP-1"].model or ""
    made = Enrolment(handsets.store).enrol("acme", "APP-1", "ada", minutes)
    found = setup_url(catalogue().models[model], f"/d/{made.token}/")
    assert found is not None
    return found


@pytest.mark.proves("B18")
@pytest.mark.parametrize("model", ["linphone/Linphone", "softphone/generic"])
def test_a_qr_code_sets_up_one_app_once_and_for_a_while(serve: Serve, model: str) -> None:
    """The attack: take a picture of the code on somebody's screen, or find it in a mail later."""
    handsets = serve(text=APPS.replace("MODEL", model))
    password = handsets.store.load("acme").secrets["APP-1"].encode()
    url = app_url(handsets)
    assert password in handsets.get(url).body
    for _ in range(2):
        again = handsets.get(url)
        assert (again.status, again.body) == (404, b"")
    replaced, current = app_url(handsets), app_url(handsets)
    assert handsets.get(replaced).status == 404, "there is one code at a time"
    past = Enrolment(handsets.store, lambda: dt.datetime.now(dt.UTC) - dt.timedelta(minutes=6))
    past.enrol("acme", "APP-1", "ada", minutes=5)
    until(lambda: handsets.get(current).status == 404)
    late = setup_url(
        catalogue().models[model],
        f"/d/{past.enrol('acme', 'APP-1', 'ada', minutes=5).token}/",
    )
    assert handsets.get(late or "").status == 404, "its time is over"


@pytest.mark.proves("G8")
def test_another_app_of_the_same_name_is_another(serve: Serve) -> None:
    """The attack: keep the phone that was lost, and wait until there is a new one."""
    text = APPS.replace("MODEL", "linphone/Linphone")
    handsets = serve(text=text)
    body = handsets.get(app_url(handsets)).body
    (url,) = re.findall(rb"http://[^/]+(/d/[^/]+/linphone\.xml)", body)
    own = url.decode()
    assert handsets.get(own).status == 200
    handsets.remove("APP-1")
    until(lambda: handsets.get(own).status == 404)
    handsets.place.commit(text)
    assert handsets.get(app_url(handsets)).status == 200, "the new one is served"
    assert handsets.get(own).status == 404


def test_an_enrolment_is_for_one_mac(handsets: Handsets) -> None:
    """The attack: an enrolment for one handset, used for another's file; it stays unused."""
    token = handsets.enrolment()
    assert handsets.get(f"/d/{token}/{OTHER_MAC}.cfg").status == 404
    assert handsets.get(f"/d/{token}/{MAC}.cfg").status == 200


def test_who_was_given_another_mac_is_not_enrolled(handsets: Handsets) -> None:
    """A token is that hardware's: who replaces a handset enrols the new one."""
    token, permanent = handsets.enrolment(), handsets.token()
    assert handsets.get(f"/d/{permanent}/{MAC}.cfg").status == 200
    handsets.place.commit(ACME.replace("80:5e:c0:12:34:56", "80:5e:c0:99:99:99"))
    until(lambda: handsets.get(f"/d/{permanent}/{MAC}.cfg").status == 404)
    for mac in (MAC, "805ec0999999"):
        assert handsets.get(f"/d/{permanent}/{mac}.cfg").status == 404
        assert handsets.get(f"/d/{token}/{mac}.cfg").status == 404


def test_an_enrolment_ends_with_its_time(handsets: Handsets) -> None:
    past = Enrolment(handsets.store, lambda: dt.datetime.now(dt.UTC) - dt.timedelta(minutes=6))
    token = past.enrol("acme", "LDN-07", "ada", minutes=5).token
    assert handsets.get(f"/d/{token}/{MAC}.cfg").status == 404


def test_an_enrolment_at_two_servers_at_once_serves_one(serve: Serve) -> None:
    """The attack: the same enrolment shown to two servers of one store, at the same moment."""
    one = serve()
    two = serve()
    token = one.enrolment()
    path = f"/d/{token}/{MAC}.cfg"
    lines = [(one, one.line()), (two, two.line())]
    for _, line in lines:
        line.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    statuses = sorted(it.status for _, line in lines if (it := line.answer()))
    assert statuses == [200, 404]


def test_only_from_where_the_site_lets_handsets_begin(serve: Serve) -> None:
    text = ACME.replace("london: {}", "london: {provisioning: {networks: [10.0.0.0/8]}}")
    handsets = serve(text=text)
    assert handsets.get(f"/d/{handsets.enrolment()}/{MAC}.cfg").status == 404
    assert handsets.get(f"/d/{handsets.token()}/{MAC}.cfg").status == 200, "it has begun elsewhere"


def test_nobody_outside_the_listed_networks_is_served(serve: Serve) -> None:
    handsets = serve(networks=("10.0.0.0/8",))
    assert handsets.get(f"/d/{handsets.token()}/{MAC}.cfg").status == 404


# --- the end of a token


@pytest.mark.proves("G8")
def test_a_revoked_token_opens_nothing(handsets: Handsets) -> None:
    token = handsets.token()
    assert handsets.get(f"/d/{token}/{MAC}.cfg").status == 200
    Enrolment(handsets.store).revoke("acme", "LDN-07", "ada")
    until(lambda: handsets.get(f"/d/{token}/{MAC}.cfg").status == 404)


def test_a_removed_handset_gets_nothing_whatever_it_has(handsets: Handsets) -> None:
    token = handsets.token()
    assert handsets.get(f"/d/{token}/{MAC}.cfg").status == 200
    handsets.remove("LDN-07")
    until(lambda: handsets.get(f"/d/{token}/{MAC}.cfg").status == 404)
    assert handsets.get(f"/d/{token}/phonebook.xml").status == 404


def test_a_rotated_token_lives_until_the_handset_has_the_new_one(handsets: Handsets) -> None:
    token = handsets.token()
    before = handsets.get(f"/d/{token}/{MAC}.cfg")
    Enrolment(handsets.store).rotate("acme", "LDN-07")
    until(lambda: handsets.get(f"/d/{token}/{MAC}.cfg").body != before.body)
    found = handsets.get(f"/d/{token}/{MAC}.cfg")
    assert handsets.get(f"/d/{token}/{MAC}.cfg").body == found.body, "one follows, not many"
    (following,) = re.findall(rb"server\.url = http://[^/]+/d/([^/]+)/", found.body)
    assert following.decode() != token
    assert handsets.get(f"/d/{following.decode()}/{MAC}.cfg").body == found.body
    assert handsets.get(f"/d/{token}/{MAC}.cfg").status == 404, "it is dead now"
    kinds = lambda: {  # noqa: E731
        it.digest: str(it.kind)
        for it in TokenStore(handsets.store.database).of("acme")
        if it.ended is None
    }
    until(lambda: kinds() == {digest_of(following): "active"})


# --- certificates of handsets


@pytest.mark.proves("G8")
def test_a_certificate_is_a_signal_on_top_and_never_instead(serve: Serve, tmp_path: Path) -> None:
    """The attack: a vendor's certificate whose key is public (Yealink's generic one, one of a Poly
    CCX), without a token, or with the token of another handset."""
    made = authority(tmp_path)
    server, generic, own = (made(it) for it in ("phones.example", "Yealink", "80:5E:C0:12:34:56"))
    handsets = serve(
        tls_port=free_port(),
        certificate=server[0],
        key=server[1],
        client_authorities=str(tmp_path / "authority.pem"),
    )
    mine = f"/d/{handsets.token()}/{MAC}.cfg"
    others = f"/d/{handsets.token('LDN-08')}/{OTHER_MAC}.cfg"

    def status(path: str, shown: tuple[str, str] | None) -> int:
        tls = ssl.create_default_context(cafile=str(tmp_path / "authority.pem"))
        if shown:
            tls.load_cert_chain(*shown)
        return handsets.get(path, line=handsets.line(tls)).status

    assert [status(it, None) for it in (mine, others)] == [200, 200]
    assert [status(it, own) for it in (mine, others)] == [200, 404]
    assert [status(it, generic) for it in (mine, others)] == [404, 404]
    assert [status(f"/{MAC}.cfg", it) for it in (own, generic)] == [404, 404]


def authority(folder: Path) -> Callable[[str], tuple[str, str]]:
    """An authority, which signs certificates of whatever name: the file and that of its key."""
    new = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    root = ["-keyout", "authority.key", "-out", "authority.pem", "-subj", "/CN=authority"]

    def run(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    run(*new.split(), "-x509", "-days", "2", *root)

    def make(name: str) -> tuple[str, str]:
        file = name.replace(":", "")
        (folder / f"{file}.ext").write_text(f"subjectAltName=DNS:{file}\n")
        run(*new.split(), "-keyout", f"{file}.key", "-out", f"{file}.csr", "-subj", f"/CN={name}")
        words = f"x509 -req -days 2 -CA authority.pem -CAkey authority.key -in {file}.csr"
        run(*words.split(), "-CAcreateserial", "-extfile", f"{file}.ext", "-out", f"{file}.pem")
        return str(folder / f"{file}.pem"), str(folder / f"{file}.key")

    return make


# --- what changes, and what is seen


@pytest.mark.proves("G5", "G7")
def test_a_change_is_in_the_next_fetch_and_only_where_it_is(handsets: Handsets) -> None:
    token, other = handsets.token(), handsets.token("LDN-08")
    first = handsets.get(f"/d/{token}/{MAC}.cfg")
    second = handsets.get(f"/d/{other}/{OTHER_MAC}.cfg")
    handsets.place.commit(ACME.replace("first: Ada", "first: Augusta"))
    until(lambda: b"Augusta" in handsets.get(f"/d/{token}/{MAC}.cfg").body)
    tag = f"If-None-Match: {first.headers['etag']}"
    assert handsets.get(f"/d/{token}/{MAC}.cfg", headers=(tag,)).status == 200
    tag = f"If-None-Match: {second.headers['etag']}"
    assert handsets.get(f"/d/{other}/{OTHER_MAC}.cfg", headers=(tag,)).status == 304
    assert b"Augusta" in handsets.get(f"/d/{other}/phonebook.xml").body


def test_who_fetched_is_written_down(handsets: Handsets) -> None:
    token = handsets.token()
    agent = "User-Agent: Yealink SIP-T54W 96.86.0.75 80:5e:c0:12:34:56"
    handsets.get(f"/d/{token}/{MAC}.boot", headers=(agent,))
    seen = SeenStore(handsets.store.database)
    until(lambda: "LDN-07" in seen.of("acme"))
    found = seen.of("acme")["LDN-07"]
    assert (found.address, found.agent, found.file) == ("127.0.0.1", agent[12:], "")
    handsets.get(f"/d/{token}/{MAC}.cfg", headers=(agent,))
    until(lambda: seen.of("acme")["LDN-07"].file == f"{MAC}.cfg")
    found = seen.of("acme")["LDN-07"]
    assert found.revision == 1
    assert len(found.fingerprint) == 16
    assert "LDN-08" not in seen.of("acme")


def until(done: object, seconds: float = 8.0) -> None:
    """Waits until it is so."""
    begun = time.monotonic()
    while not done():  # type: ignore[operator]
        assert time.monotonic() - begun < seconds, "it never came to be"
        time.sleep(0.05)
