"""What provisioning servers were broken by elsewhere, each written out against a real process.

The known failures are those of other systems: files of others by another MAC in the name, statuses
that tell which MACs there are, passwords in debug output, first-contact credentials used twice,
guessing through a vendor's block of MACs, names that add lines or elements to files.
"""

from __future__ import annotations

import http.client
import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from controlplane.cli.config import write_new
from tests.engines.handset_office import RENDERED, mac_of, model_of, serving
from tests.fleet import VENDORS, Answer, Handset
from tests.unit.cli.conftest import Place, environment
from tests.unit.service.conftest import new_deployment

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ADDRESS, PORT = "127.0.0.231", 19281
_numbers = itertools.count(1)
NOBODY = "00156500dead"
"""A MAC that no handset has."""

HOSTILE = 'x" <evil/> ]]> & ;nme=eve | a = b %NULL% \\ ${x} \u202ey'


def tenant() -> str:
    handsets = {
        f"{vendor}-{number}": {
            **{"mac": mac_of(vendor, number), "model": model_of(vendor)},
            **{"line": "101", "sip_password": f"pass-of-{vendor}-{number}"},
        }
        for vendor in RENDERED
        for number in (1, 2)
    }
    lines = {"101": {"label": [HOSTILE[:80]]}, "102": {"label": ["Bob"]}}
    return json.dumps({"tenant": "acme", "lines": lines, "handsets": handsets})


@dataclass
class Served:
    """`ctl provision` alone, with two handsets a vendor."""

    place: Place
    log: Path
    handsets: dict[str, Handset] = field(default_factory=dict)

    def enrol(self, name: str) -> str:
        done = self.place.process("handset", "enrol", f"acme/{name}", "-o", "json")
        assert done.returncode == 0, done.stderr
        url: str = json.loads(done.stdout)["url"]
        return url

    def handset(self, name: str, url: str) -> Handset:
        """At an address of its own, as attacks are."""
        vendor, _, number = name.partition("-")
        mac, model = mac_of(vendor, int(number)), model_of(vendor).partition("/")[2]
        made = VENDORS[vendor](mac, url, model=model)
        made.source = f"127.8.0.{next(_numbers) % 250 + 1}"
        return made

    def booted(self, name: str) -> Handset:
        """Enrolled and provisioned, by its permanent token."""
        if name not in self.handsets:
            made = self.handset(name, self.enrol(name))
            first = made.url
            made.provision()
            assert made.url != first
            made.provision()
            self.handsets[name] = made
        return self.handsets[name]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    deployment = new_deployment(folder)
    configuration = folder / "controlplane.yaml"
    write_new(configuration, deployment)
    configuration.write_text(configuration.read_text() + serving(ADDRESS, PORT))
    place = Place(folder, deployment)
    place.commit(tenant())
    log = folder / "provision.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "controlplane.cli", "provision"],
            cwd=folder,
            env=environment(),
            stdout=output,
            stderr=output,
        )
    try:
        until = time.monotonic() + 20
        while ask("GET", "/").status == 0:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield Served(place, log)
    finally:
        process.kill()
        process.wait()


_source = "127.0.0.1"


@pytest.fixture(autouse=True)
def somewhere() -> Iterator[None]:
    """Each attack comes from an address of its own: too many misses of one are refused."""
    global _source
    _source = f"127.7.0.{next(_numbers) % 250 + 1}"
    yield
    _source = "127.0.0.1"


def ask(
    method: str, path: str, body: bytes | None = None, *, source: str = "", **headers: str
) -> Answer:
    here = (source or _source, 0)
    connection = http.client.HTTPConnection(ADDRESS, PORT, timeout=10, source_address=here)
    try:
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        reply = connection.getresponse()
        found = {key.lower(): value for key, value in reply.getheaders()}
        return Answer(method, path, reply.status, reply.read(), found)
    except (OSError, http.client.HTTPException):
        return Answer(method, path, 0)
    finally:
        connection.close()


def told(answer: Answer) -> tuple[Any, ...]:
    """All that an answer tells, its time aside."""
    headers = {key: value for key, value in answer.headers.items() if key != "date"}
    return answer.status, answer.body, headers


def token_of(handset: Handset) -> str:
    found = re.search(r"/d/([^/]+)/", handset.url)
    assert found
    return found[1]


def names_of(handset: Handset) -> list[str]:
    """Every name it asks for, below its folder."""
    prefix = f"/d/{token_of(handset)}/"
    found = [it.path.removeprefix(prefix) for it in handset.asked if it.path.startswith(prefix)]
    return sorted(set(found))


@pytest.mark.proves("G8")
@pytest.mark.parametrize("vendor", RENDERED)
def test_every_file_name_with_another_handsets_mac(served: Served, vendor: str) -> None:
    """Wazo, Tancredi: whoever has a phone changes the MAC and has the password of another."""
    mine, other = served.booted(f"{vendor}-1"), served.booted(f"{vendor}-2")
    assert other.learned().account.password == f"pass-of-{vendor}-2"
    assert any(it.good and b"pass-of" in it.body for it in other.asked)
    folder = f"/d/{token_of(mine)}/"
    for name in names_of(other):
        if other.mac not in name.lower():
            continue
        answers = []
        for mac in (other.mac, NOBODY):
            forged = name.replace(other.mac, mac).replace(other.mac.upper(), mac.upper())
            for agent in (
                mine.user_agent,
                other.user_agent,
                other.user_agent.replace(other.mac, mac),
            ):
                answers.append(ask("GET", folder + forged, User_Agent=agent))
        assert [told(it) for it in answers] == [told(answers[0])] * len(answers), name
        assert answers[0].status == 404, name
        head = ask("HEAD", folder + name)
        assert head.status == 404


@pytest.mark.proves("G8")
@pytest.mark.parametrize("vendor", RENDERED)
def test_without_a_token_nothing_tells_which_macs_there_are(served: Served, vendor: str) -> None:
    """FusionPBX: 401 or 403 for a MAC that is known, 404 for one that is not."""
    known = served.booted(f"{vendor}-1")
    for name in names_of(known):
        nobody = name.replace(known.mac, NOBODY).replace(known.mac.upper(), NOBODY.upper())
        guessed = "A" * 24
        for folder in ("/", "/d/", f"/d/{guessed}/", "/provisioning/", "/app/provision/?file="):
            there = ask("GET", folder + name, User_Agent=known.user_agent)
            not_there = ask("GET", folder + nobody, User_Agent=known.user_agent)
            assert told(there) == told(not_there), folder + name
            assert there.status == 404


@pytest.mark.proves("G8")
@pytest.mark.parametrize("vendor", RENDERED)
def test_an_enrolment_that_was_used_is_dead(served: Served, vendor: str) -> None:
    """What went over the wire once, or stands in an installer's mail, opens nothing again."""
    url = served.enrol(f"{vendor}-1")
    first = served.handset(f"{vendor}-1", url)
    assert first.provision().account.password == f"pass-of-{vendor}-1"
    second = served.handset(f"{vendor}-1", url)
    assert second.provision().accounts == ()
    assert all(b"pass-of" not in it.body for it in second.asked)
    served.handsets[f"{vendor}-1"] = first
    first.provision()


@pytest.mark.proves("G8")
def test_an_enrolment_is_bound_to_its_mac(served: Served) -> None:
    url = served.enrol("yealink-1")
    other = served.handset("yealink-2", url)
    assert other.provision().accounts == ()
    mine = served.handset("yealink-1", url)
    assert mine.provision().account.user == "acme.yealink-1", "and a wrong try does not use it up"
    served.handsets["yealink-1"] = mine
    mine.provision()


@pytest.mark.proves("G8")
@pytest.mark.parametrize(
    "more",
    ["?debug=1", "?debug=true&format=html", "?mac={other}", "?file={other}.cfg", "#", "?", "/"],
)
def test_no_words_added_to_a_url_show_more(served: Served, more: str) -> None:
    """FusionPBX: a debug switch printed the settings of every phone, passwords included."""
    mine, other = served.booted("yealink-1"), served.booted("yealink-2")
    path = f"/d/{token_of(mine)}/{mine.mac}.cfg" + more.format(other=other.mac)
    for headers in ({}, {"Accept": "text/html"}, {"X-Forwarded-For": "127.0.0.1"}):
        answer = ask("GET", path, **headers)
        assert answer.status in (200, 400, 404)
        assert b"pass-of-yealink-2" not in answer.body
        assert b"<html" not in answer.body.lower()


@pytest.mark.proves("G8")
@pytest.mark.parametrize(
    "trick",
    [
        "/d/{mine}/../{other}/{mac}.cfg",
        "/d/{mine}/%2e%2e/{other}/{mac}.cfg",
        "/d/{mine}/..%2f{other}/{mac}.cfg",
        "/d/{mine}/..\\{other}\\{mac}.cfg",
        "/d/{mine}//{mac}.cfg",
        "/d/{mine}/./{mac}.cfg",
        "/d/{mine}/{mac}.cfg%00{own}.cfg",
        "/d/{mine}/{own}.cfg;{mac}.cfg",
        "/d/{mine}/firmware/../../../../etc/passwd",
        "/d/{mine}/firmware/%2e%2e/%2e%2e/controlplane.yaml",
        "/d/{mine}/firmware//etc/passwd",
        "/d/{mine}/%2fetc%2fpasswd",
        "http://127.0.0.231/d/{mine}/{mac}.cfg",
    ],
)
def test_path_tricks_lead_nowhere(served: Served, trick: str) -> None:
    mine, other = served.booted("yealink-1"), served.booted("yealink-2")
    words = {"mine": token_of(mine), "other": "x" * 24, "mac": other.mac, "own": mine.mac}
    answer = ask("GET", trick.format(**words))
    assert answer.status in (400, 404)
    assert b"pass-of" not in answer.body
    assert b"root:" not in answer.body


@pytest.mark.proves("G8")
def test_guessing_macs_and_tokens_is_counted_and_a_known_token_is_not(served: Served) -> None:
    """An OUI has 2^24 MACs: a thousand guesses a second find a phone within minutes."""
    mine = served.booted("yealink-1")
    here = mine.source
    guesses = [f"/{0x805EC0000000 + it:012x}.cfg" for it in range(400)]
    assert {ask("GET", it, source=here).status for it in guesses} <= {404, 429, 503, 0}
    path = f"/d/{token_of(mine)}/{mine.mac}.cfg"
    answer = ask("GET", path, source=here, User_Agent=mine.user_agent)
    assert answer.status == 200, "a site is behind one address"
    assert b"pass-of-yealink-1" in answer.body
    assert "source refused" in served.log.read_text(), "the operator is told"


@pytest.mark.proves("G8")
def test_what_is_uploaded_is_thrown_away(served: Served) -> None:
    mine = served.booted("yealink-1")
    path = f"/d/{token_of(mine)}/{mine.mac}.cfg"
    before = ask("GET", path).body
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        answer = ask(method, path, b"account.1.password = mine\n")
        assert answer.status in (200, 201, 204, 403, 404, 405, 501), method
        if method != "PUT":
            assert answer.status >= 400, method
    assert ask("GET", path).body == before
    assert ask("PUT", f"/d/{token_of(mine)}/{mine.mac}-boot.log", b"x" * 50_000_000).status != 200


@pytest.mark.proves("G8")
@pytest.mark.parametrize("vendor", RENDERED)
def test_a_hostile_name_reaches_the_phone_as_a_name(served: Served, vendor: str) -> None:
    learned = served.booted(f"{vendor}-1").learned()
    account = learned.account
    assert (account.user, account.password) == (f"acme.{vendor}-1", f"pass-of-{vendor}-1")
    assert 'x"' in account.display_name


@pytest.mark.proves("G8")
@pytest.mark.parametrize("label", ["x\naccount.1.password = y", "x\ry", "x\x00y"])
def test_a_name_with_a_line_end_is_not_taken(served: Served, label: str) -> None:
    file = served.place.folder / "evil.yaml"
    made = json.loads(tenant())
    made["lines"]["102"]["label"] = [label]
    file.write_text(json.dumps(made))
    done = served.place.process("plan", str(file))
    assert done.returncode not in (0, 2)
    assert "label" in done.stdout + done.stderr


@pytest.mark.proves("G8")
def test_secrets_are_not_to_be_kept_by_anybody_on_the_way(served: Served) -> None:
    mine = served.booted("yealink-1")
    answer = ask("GET", f"/d/{token_of(mine)}/{mine.mac}.cfg")
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.proves("G8")
def test_no_token_and_no_password_is_in_the_log(served: Served) -> None:
    """Last in this file, so that all of the above is in the log."""
    text = served.log.read_text()
    assert text
    assert "pass-of-" not in text
    for handset in served.handsets.values():
        tokens = {it.path.split("/")[2] for it in handset.asked if it.path.startswith("/d/")}
        assert not [it for it in tokens if it in text]
