"""The full circle on real engines: enrolled, fetched, registered, called, logged in, logged out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.engines.handset_office import PLACES, RENDERED, Office, handset_office
from tests.fleet import FleetPhone
from tests.fleet.linphonec import Linphonec
from tests.fleet.sip_agent import Refused

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]


@pytest.fixture(scope="module", params=PLACES)
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    with handset_office(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.mark.proves("G8", "G9")
@pytest.mark.parametrize("vendor", RENDERED)
def test_enrolled_it_fetches_registers_and_is_called(office: Office, vendor: str) -> None:
    url = office.enrol(f"{vendor}-1")
    handset = office.handset(f"{vendor}-1", url)
    phone = office.phones[f"{vendor}-1"] = FleetPhone(handset, PLACES[office.kind][1])
    learned = phone.boot()
    assert learned.account.user == f"acme.{vendor}-1"
    assert handset.url != url, "it has a URL of its own from now on"
    before = len(handset.asked)
    again = office.handset(f"{vendor}-1", url)
    again.provision()
    assert again.learned().accounts == (), "the enrolment is dead"
    handset.provision()
    assert any(it.good for it in handset.asked[before:]), "the permanent token is not"
    own = office.boot("own")
    office.ctl("handset", "login", f"acme/{vendor}-1", "102")
    office.rings(own, "102", phone)
    office.ctl("handset", "logout", f"acme/{vendor}-1")


@pytest.mark.proves("G1", "G2", "G3", "G5", "G7", "G8", "F9")
def test_the_full_circle(office: Office) -> None:
    here, there, own = office.boot("yealink-1"), office.boot("yealink-2"), office.boot("own")
    office.ctl("handset", "login", "acme/yealink-1", "101")
    office.rings(own, "101", here)
    since = time.time()
    assert here.call("103").answered
    [seen] = own.agent.wait_ringing(since)
    assert (seen.name, seen.number) == ("Ann", "101")

    refused = office.ctl("handset", "login", "acme/yealink-1", "102", exits=1)
    assert "101" in refused
    refused = office.ctl("handset", "login", "acme/yealink-2", "101", exits=1)
    assert "yealink-1" in refused
    office.rings(own, "101", here)

    office.ctl("handset", "logout", "acme/yealink-1")
    since = time.time()
    assert not own.call("101", ring=3.0).answered
    assert not here.agent.ringing(since)
    office.ctl("handset", "login", "acme/yealink-2", "101")
    office.rings(own, "101", there)
    since = time.time()
    placed = here.call("07700900123")
    assert (placed.answered, placed.status) == (False, 403), "it is no line's any more"
    assert there.call("*12").answered, "logged out at the handset"
    until = time.monotonic() + 5
    while own.call("101", ring=2.0).answered:
        assert time.monotonic() < until
    assert [it.handset.reboots for it in (here, there, own)] == [0, 0, 0]


@pytest.mark.proves("G5", "G7")
def test_label_and_keys_follow_a_login_by_a_fetch(office: Office) -> None:
    phone = office.boot("yealink-1")
    agent = phone.agent
    phone.wait_learned(lambda it: "Bob" not in it.account.label)
    office.ctl("handset", "login", "acme/yealink-1", "102")
    try:
        phone.wait_learned(lambda it: "Bob" in it.account.label)
        assert phone.agent is agent, "it did not register anew"
        assert phone.handset.reboots == 0
    finally:
        office.ctl("handset", "logout", "acme/yealink-1")
    phone.wait_learned(lambda it: "Bob" not in it.account.label)


@pytest.mark.proves("G7")
def test_told_to_it_fetches_again_and_the_result_is_seen(office: Office) -> None:
    phone = office.boot("yealink-2")
    office.ctl("set", "acme/handsets/yealink-2/name", "Near the window")
    rounds = phone.handset.rounds
    assert office.ctl("handset", "sync", "acme/yealink-2").startswith("1 fetched")
    assert phone.handset.rounds > rounds
    [stands] = [it for it in office.data("handset", "fleet", "acme") if "yealink-2" in str(it)]
    assert PLACES[office.kind][1] in str(stands) or "127.0.0.1" in str(stands)


@pytest.mark.proves("G8")
def test_a_handset_that_is_revoked_fetches_nothing_and_keeps_what_it_has(office: Office) -> None:
    phone = office.boot("yealink-2")
    office.ctl("handset", "revoke", "acme/yealink-2")
    until = time.monotonic() + 3
    statuses = {200}
    while statuses != {404}:
        assert time.monotonic() < until, statuses
        before = len(phone.handset.asked)
        assert phone.handset.provision().account.user == "acme.yealink-2"
        statuses = {it.status for it in phone.handset.asked[before:]}
    office.leave("yealink-2")


@pytest.mark.proves("G7")
def test_a_deleted_handset_is_refused_by_the_registrar(office: Office) -> None:
    settings = ("mac=80:5e:c0:00:00:77", "model=yealink/T54W", "site=london")
    office.ctl("handset", "add", "acme/yealink-gone", *settings)
    gone = office.boot("yealink-gone")
    office.ctl("handset", "delete", "acme/yealink-gone", "--yes")
    with pytest.raises(Refused) as refused:
        gone.agent.register()
    assert refused.value.status in (401, 403)
    office.leave("yealink-gone")


@pytest.mark.proves("G8", "B18")
@pytest.mark.skipif("linphone" not in RENDERED, reason="no softphone is rendered")
def test_a_real_linphone_fetches_what_is_served_and_registers(
    office: Office, tmp_path: Path
) -> None:
    office.leave("linphone-1")
    own = office.boot("own")
    url = office.enrol("linphone-1")
    office.ctl("handset", "login", "acme/linphone-1", "102")
    with Linphonec(url, tmp_path) as linphone:
        linphone.wait_registered("acme.linphone-1@")
        with pytest.raises(HTTPError, match="404"):
            urlopen(url, timeout=5)
        assert own.call("102", talk=0.5).answered
        linphone.wait_said("ended")
        since = time.time()
        linphone.say("call 103")
        found = own.agent.wait_ringing(since, 10)
        assert found, linphone.said[-2000:]
        assert (found[0].name, found[0].number) == ("Bob", "102")
    office.ctl("handset", "logout", "acme/linphone-1")


@pytest.mark.proves("G8")
def test_a_controller_that_is_away_leaves_phones_as_they_are(office: Office) -> None:
    phone, own = office.boot("yealink-1"), office.boot("own")
    url, known = phone.handset.url, phone.learned
    phone.handset.url = url.replace("127.0.0.229", "127.0.0.230")  # nobody is there
    try:
        assert phone.handset.provision() == known
        assert phone.handset.asked[-1].status == 0
        office.ctl("handset", "login", "acme/yealink-1", "101")
        office.rings(own, "101", phone)
        office.ctl("handset", "logout", "acme/yealink-1")
    finally:
        phone.handset.url = url
