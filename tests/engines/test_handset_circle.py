"""The full circle on real engines: enrolled, fetched, registered, called, logged in, logged out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from controlplane.render.phones.catalogue import catalogue
from tests.engines.handset_office import (
    CHALLENGING,
    PLACES,
    RENDERED,
    TOLD,
    Office,
    handset_office,
    mac_of,
    model_of,
)
from tests.fleet import FleetPhone
from tests.fleet.baresip import Baresip
from tests.fleet.linphonec import Linphonec
from tests.fleet.sip_agent import Refused
from tests.phones.watcher import Watcher, lamp

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]

CIRCLES = [("asterisk", it) for it in RENDERED]
CIRCLES += [("freeswitch", it) for it in ("cisco", "softphone", "yealink")]
"""All the way on one engine, some of them on the other: what fetching, NOTIFY and calls are to a
phone differs by vendor, not by engine."""

ENROLLED = [("freeswitch", it) for it in RENDERED] + [("asterisk", "yealink")]
"""As far as a call, on the other one all of them."""


@pytest.fixture(scope="module", params=PLACES)
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    with handset_office(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.mark.proves("G8", "G9")
@pytest.mark.parametrize(("office", "vendor"), ENROLLED, indirect=["office"])
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


@pytest.mark.proves("G1", "G2", "G5", "G7", "G8", "F9")
@pytest.mark.parametrize(("office", "vendor"), CIRCLES, indirect=["office"])
def test_the_full_circle(office: Office, vendor: str) -> None:
    """Enrolled, fetched, registered, called, logged in, called as the line, logged out; then the
    line rings elsewhere, and the handset cannot call for it."""
    name = f"{vendor}-1"
    office.leave(name)
    here, there, own = office.boot(name), office.boot("yealink-2"), office.boot("own")
    assert here.agent.account.user == f"acme.{name}"
    assert here.call("103").status == 403, "nobody is logged in"
    office.ctl("handset", "login", f"acme/{name}", "101")
    office.rings(own, "101", here)
    since = time.time()
    assert here.call("103").answered
    [seen] = own.agent.wait_ringing(since)
    assert (seen.name, seen.number) == ("Ann", "101")
    if vendor in TOLD:
        here.wait_learned(lambda it: "Ann" in it.account.display_name)

    refused = office.ctl("handset", "login", f"acme/{name}", "102", exits=1)
    assert "101" in refused
    refused = office.ctl("handset", "login", "acme/yealink-2", "101", exits=1)
    assert name in refused
    office.rings(own, "101", here)

    office.ctl("handset", "logout", f"acme/{name}")
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


@pytest.mark.proves("A12", "G5")
def test_a_two_part_name_shows_on_the_handset_and_at_who_is_called(office: Office) -> None:
    """It overrides the user's name, and leaves the line theirs."""
    phone, own = office.boot("yealink-1"), office.boot("own")
    office.ctl("user", "add", "acme/dora", "first=Dora", "last=Black", "--line", "104")
    office.ctl("handset", "login", "acme/yealink-1", "104")
    try:
        phone.wait_learned(lambda it: "Dora Black" in it.account.label)
        since = time.time()
        assert phone.call("103").answered
        assert [it.name for it in own.agent.wait_ringing(since)] == ["Dora Black"]
        office.ctl("set", "acme/lines/104/label", "[Reception, Ground floor]")
        phone.wait_learned(lambda it: "Reception Ground floor" in it.account.label)
        assert phone.learned is not None
        assert phone.learned.account.display_name == "Reception Ground floor"
        since = time.time()
        assert phone.call("103").answered
        [seen] = own.agent.wait_ringing(since)
        assert (seen.name, seen.number) == ("Reception Ground floor", "104")
        assert office.data("get", "acme/lines/104")["user"] == "dora", "it is still hers"
        office.ctl("set", "acme/lines/104/label", "null")
        phone.wait_learned(lambda it: "Dora Black" in it.account.label)
        assert phone.handset.reboots == 0
    finally:
        office.ctl("handset", "logout", "acme/yealink-1")


@pytest.mark.proves("B9")
def test_a_user_is_added_with_the_first_phone_and_given_more(office: Office) -> None:
    """Phones 111a, 111b and 111c of one line: all ring, and each calls as the line."""
    own = office.boot("own")
    names = ("111a", "111b", "111c")
    macs = [mac_of("yealink", 0x111 + number) for number in range(3)]
    model = model_of("yealink")
    who = ("acme/eve", "first=Eve", "last=Ash", "site=london", "--line", "111")
    said = office.ctl("user", "add", *who, "--mac", macs[0], "--model", model)
    assert said.startswith("user acme/eve has line 111 and phone 111a\n")
    for name, mac in zip(names[1:], macs[1:], strict=True):
        office.ctl("handset", "add", f"acme/{name}", f"mac={mac}", f"model={model}", "line=111")
    phones = [office.boot(name) for name in names]
    try:
        office.rings(own, "111", *phones)
        since = time.time()
        assert phones[2].call("103").answered
        [seen] = own.agent.wait_ringing(since)
        assert (seen.name, seen.number) == ("Eve Ash", "111")
        office.leave("111b")
        office.ctl("handset", "delete", "acme/111b", "--yes")
        office.rings(own, "111", phones[0], phones[2])
    finally:
        for name in names:
            office.leave(name)


@pytest.mark.proves("G5", "G9")
def test_keys_and_directory_reach_the_handset_and_work(office: Office) -> None:
    """What the phone has learned of a key is what it subscribes to, and what it dials."""
    phone, own = office.boot("yealink-1"), office.boot("own")
    keys = '[blf/103, {kind: speed-dial, to: "103", label: Taxi}]'
    office.ctl("set", "acme/lines/102/keys", keys)
    office.ctl("handset", "login", "acme/yealink-1", "102")
    try:
        phone.wait_learned(lambda it: "Taxi" in {key.label for key in it.keys})
        assert phone.learned is not None
        watched, dialled = (it for it in phone.learned.keys if it.value)
        assert (watched.kind, watched.label) == ("blf", "Cy")
        assert (dialled.kind, dialled.value) == ("speed-dial", "103")
        assert {("Bob", "102"), ("Cy", "103")} <= set(phone.handset.phonebook())
        for key in (watched, dialled):
            since = time.time()
            assert phone.call(key.value).answered, key
            assert own.agent.wait_ringing(since)
        account = phone.learned.account
        engine, here = PLACES[office.kind][:2]
        with Watcher(engine, here, account.user, account.password) as lamps:
            line = lamps.subscribe(watched.value, "dialog", "application/dialog-info+xml")
            lamps.wait(lambda told: lamp(told) == "idle", line)
            with ThreadPoolExecutor(1) as caller:
                talks = caller.submit(phone.call, "103", talk=3.0)
                lamps.wait(lambda told: lamp(told) == "busy", line)
                assert talks.result().answered
            lamps.wait(lambda told: lamp(told) == "idle", line)
    finally:
        office.ctl("handset", "logout", "acme/yealink-1")
        office.ctl("set", "acme/lines/102/keys", "null")


@pytest.mark.proves("G7")
def test_told_to_it_fetches_again_and_the_result_is_seen(office: Office) -> None:
    phone = office.boot("yealink-2")
    office.ctl("set", "acme/handsets/yealink-2/name", "Near the window")
    rounds = phone.handset.rounds
    assert office.ctl("handset", "sync", "acme/yealink-2").startswith("1 fetched")
    assert phone.handset.rounds > rounds
    [stands] = [it for it in office.data("handset", "fleet", "acme") if "yealink-2" in str(it)]
    assert PLACES[office.kind][1] in str(stands) or "127.0.0.1" in str(stands)


@pytest.mark.proves("G7")
def test_every_vendors_phones_are_told_in_its_words_and_fetch(office: Office) -> None:
    """The fetch that follows brings what was changed for all of them."""
    phones = {f"{it}-1": office.boot(f"{it}-1") for it in TOLD}
    office.noted(*phones)
    office.ctl("set", "acme/sites/london/provisioning/time_server", f"{office.kind}.time.example")
    rounds = {name: it.handset.rounds for name, it in phones.items()}
    heard = {name: len(it.agent.events) for name, it in phones.items()}
    done = office.data("handset", "sync", *(f"acme/{it}" for it in phones))
    assert (done["fetched"], done["not_fetched"]) == (len(TOLD), [])
    for name, phone in phones.items():
        vendor = catalogue().vendors[name.partition("-")[0]]
        told = phone.agent.events[heard[name] :]
        assert set(told) - {"message-summary"} == {vendor.check_sync}, name
        assert phone.handset.rounds > rounds[name]
        assert f"{office.kind}.time.example" in phone.handset.settings.values(), name
        assert phone.handset.reboots == 0, name


@pytest.mark.proves("G7")
def test_who_asks_for_a_password_first_is_told_in_vain_and_said_to_be_lost(office: Office) -> None:
    """No engine knows a password for it; handsets are set not to ask, unless overridden."""
    phones = {f"{it}-9": office.boot(f"{it}-9") for it in CHALLENGING}
    assert all(it.handset.challenges for it in phones.values())
    office.noted(*phones)
    rounds = {name: it.handset.rounds for name, it in phones.items()}
    args = (*(f"acme/{it}" for it in phones), "--patience", "2", "--attempts", "1")
    done = office.data("handset", "sync", *args, exits=1)
    assert {it["handset"]: (it["result"], it["reason"]) for it in done["not_fetched"]} == {
        f"acme/{it}": ("lost", "did not fetch") for it in phones
    }
    for name, phone in phones.items():
        assert phone.agent.challenged, name
        assert phone.handset.rounds == rounds[name], name
        office.leave(name)


@pytest.mark.proves("G5", "G7")
def test_a_cisco_that_is_told_in_a_call_fetches_when_it_is_over(office: Office) -> None:
    phone, own = office.boot("cisco-1"), office.boot("own")
    office.ctl("handset", "login", "acme/cisco-1", "102")
    try:
        phone.wait_learned(lambda it: "Bob" in it.account.display_name)
        office.noted("cisco-1")
        rounds, told, since = phone.handset.rounds, len(phone.agent.events), time.time()
        with ThreadPoolExecutor(2) as pool:
            call = pool.submit(phone.call, "103", talk=9.0)
            assert own.agent.wait_ringing(since)
            synced = pool.submit(office.data, "handset", "sync", "acme/cisco-1")
            while "check-sync" not in phone.agent.events[told:]:
                assert not call.done(), "it was not told while it was in the call"
                time.sleep(0.02)
            assert phone.handset.rounds == rounds
            assert call.result().answered
            assert synced.result()["fetched"] == 1
        phone.wait_rounds(rounds + 1)
        assert phone.handset.rounds == rounds + 1
    finally:
        office.ctl("handset", "logout", "acme/cisco-1")


@pytest.mark.proves("G8")
def test_a_handset_that_is_revoked_fetches_nothing_and_keeps_what_it_has(office: Office) -> None:
    phone = office.boot("yealink-2")
    office.ctl("handset", "revoke", "acme/yealink-2", "--files-only")
    until = time.monotonic() + 3
    statuses = {200}
    while statuses != {404}:
        assert time.monotonic() < until, statuses
        before = len(phone.handset.asked)
        assert phone.handset.provision().account.user == "acme.yealink-2"
        statuses = {it.status for it in phone.handset.asked[before:]}
    phone.agent.register()
    office.leave("yealink-2")


@pytest.mark.proves("G7", "G8")
def test_a_handset_that_is_lost_is_out_at_once_until_it_is_enrolled_again(office: Office) -> None:
    lost, own = office.boot("yealink-2"), office.boot("own")
    office.ctl("handset", "login", "acme/yealink-2", "102")
    try:
        office.rings(own, "102", lost)
        office.ctl("handset", "revoke", "acme/yealink-2")
        office.rings(own, "102")
        with pytest.raises(Refused) as refused:
            lost.agent.register()
        assert refused.value.status in (401, 403)
        assert not lost.call("103").answered
        before = len(lost.handset.asked)
        lost.handset.provision()
        assert not any(it.good for it in lost.handset.asked[before:])
        office.leave("yealink-2")
        office.rings(own, "102", office.boot("yealink-2"))
    finally:
        office.ctl("handset", "logout", "acme/yealink-2")


@pytest.mark.proves("G7")
def test_a_deleted_handset_is_refused_by_the_registrar(office: Office) -> None:
    settings = ("mac=80:5e:c0:00:00:77", "model=yealink/T54W", "site=london")
    office.ctl("handset", "add", "acme/yealink-gone", *settings)
    gone = office.boot("yealink-gone")
    office.ctl("handset", "delete", "acme/yealink-gone", "--yes")
    with pytest.raises(Refused) as refused:
        gone.agent.register()
    assert refused.value.status in (401, 403)
    # Another of the same name is no way back for it, until it is enrolled.
    office.ctl("handset", "add", "acme/yealink-gone", *settings)
    with pytest.raises(Refused):
        gone.agent.register()
    before = len(gone.handset.asked)
    gone.handset.provision()
    assert not any(it.good for it in gone.handset.asked[before:])
    office.leave("yealink-gone")
    office.boot("yealink-gone")
    office.leave("yealink-gone")
    office.ctl("handset", "delete", "acme/yealink-gone", "--yes")


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


@pytest.mark.proves("G8", "B18")
@pytest.mark.parametrize("name", ["softphone-1", "yealink-1"])
def test_a_real_baresip_registers_with_what_was_served_and_calls(
    office: Office, tmp_path: Path, name: str
) -> None:
    """It has no provisioning: what a handset read in the served file is all that it is given."""
    office.leave(name)
    own = office.boot("own")
    learned = office.handset(name, office.enrol(name)).provision()
    assert learned.account.user == f"acme.{name}"
    office.ctl("handset", "login", f"acme/{name}", "102")
    try:
        with Baresip(learned.account, tmp_path, PLACES[office.kind][1]) as baresip:
            baresip.wait_registered()
            assert own.call("102", talk=1.0).answered
            came = baresip.wait_told("CALL_ESTABLISHED")
            assert came["peeruri"].startswith("sip:103@")
            assert (came["direction"], came["peerdisplayname"]) == ("incoming", "Cy")
            baresip.wait_told("CALL_CLOSED")
            since, told = time.time(), len(baresip.events)
            baresip.call("103")
            [seen] = own.agent.wait_ringing(since, 10)
            assert (seen.name, seen.number) == ("Bob", "102")
            baresip.wait_told("CALL_ESTABLISHED", told)
            baresip.hang_up()
    finally:
        office.ctl("handset", "logout", f"acme/{name}")


@pytest.mark.proves("G8")
def test_a_controller_that_is_away_leaves_phones_as_they_are(office: Office) -> None:
    """None of them asks a server for its account, and calls ring by what was read before."""
    phones = {it: office.boot(f"{it}-1") for it in RENDERED}
    own = office.boot("own")
    with office.away():
        for vendor, handset in ((it, phone.handset) for it, phone in phones.items()):
            known, asked = handset.learned(), len(handset.asked)
            assert handset.provision() == known, vendor
            assert {it.status for it in handset.asked[asked:]} == {0}, vendor
        office.ctl("handset", "login", "acme/yealink-1", "101")
        office.rings(own, "101", phones["yealink"])
        office.ctl("handset", "logout", "acme/yealink-1")
