"""How handsets stand: what they fetched against what they would get, and what is shown of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from controlplane.diagnostics import Faults
from controlplane.live.registrar import Registration
from controlplane.model.deployment import ProvisioningServer
from controlplane.render.phones.catalogue import catalogue
from controlplane.service.handsets import fleet
from controlplane.service.handsets.current_files import CurrentFiles
from controlplane.service.handsets.files import PLACEHOLDER, fingerprint
from controlplane.service.handsets.listing import listed, shown
from controlplane.store.handset_seen import Seen, SeenStore
from tests.unit.service.conftest import ACME, StoredPlace

AT = dt.datetime(2026, 3, 1, 10, 0, tzinfo=dt.UTC)
OWN = "001565aabbcc.cfg"
AGENT = "Yealink SIP-T54W 96.86.0.75 00:15:65:aa:bb:cc"


@pytest.fixture
def served(place: StoredPlace) -> StoredPlace:
    server = ProvisioningServer(port=8085, public_url="http://phones.example:8085")
    return replace(place, deployment=place.deployment.model_copy(update={"provisioning": server}))


def fetch(place: StoredPlace, **settings: object) -> None:
    """LDN-07 gets its configuration as it is now."""
    with place.store() as store:
        files = CurrentFiles(place.deployment, store)
        file = files.file(shown(store, "acme/LDN-07"), reveal=True)
        seen = Seen("acme", "LDN-07", AT, "192.0.2.7", AGENT, OWN, fingerprint(file.body), 1)
        SeenStore(store.database).write([replace(seen, **settings)])  # type: ignore[arg-type]


def standings(place: StoredPlace) -> dict[str, fleet.Standing]:
    registered = {"asterisk": {"acme.LDN-07": Registration("acme.LDN-07", "", "", "", True)}}
    with place.store() as store:
        found = fleet.standing(place.deployment, store, listed(store), registered)
        return {it.phone.id: it for it in found}


def drift(place: StoredPlace) -> list[str]:
    with place.store() as store:
        return [f"{it.address}: {it.message}" for it in fleet.drift(place.deployment, store)]


def test_who_never_fetched(served: StoredPlace) -> None:
    found = standings(served)
    assert (found["LDN-08"].seen, found["LDN-08"].current) == (None, None)
    assert not found["LDN-08"].registered
    assert drift(served) == []


def test_what_was_fetched_is_current_until_something_in_it_changes(served: StoredPlace) -> None:
    fetch(served)
    assert standings(served)["LDN-07"].current is True
    served.commit(ACME.replace("ring: 20s, call_waiting", "ring: 30s, call_waiting"), day=1)
    assert standings(served)["LDN-07"].current is True, "nothing of it is in its files"
    served.commit(ACME.replace("first: Ada", "first: Augusta"), day=2)
    found = standings(served)["LDN-07"]
    assert found.current is False
    data = fleet.standing_data(found)
    assert (data["firmware"], data["address"]) == ("96.86.0.75", "192.0.2.7")
    assert (data["current"], data["revision"], list(data["registered"])) == (
        False, 1, ["asterisk"],
    )  # fmt: skip
    assert drift(served) == [
        "acme/handsets/LDN-07: has files made from revision 1, and would get others now"
    ]


def test_a_handset_that_is_another_model(served: StoredPlace) -> None:
    fetch(served, agent=AGENT.replace("T54W", "T46U"))
    assert drift(served) == [
        "acme/handsets/LDN-07/model: says it is a yealink/T46U, and is stored as yealink/T54W"
    ]


def test_without_a_server_nothing_is_rendered(place: StoredPlace) -> None:
    with place.store() as store, pytest.raises(Faults, match="nothing is served to handsets"):
        CurrentFiles(place.deployment, store)
    assert standings(place)["LDN-07"].current is None


def test_secrets_are_hidden_unless_asked_for(served: StoredPlace) -> None:
    served.commit(ACME.replace("line: 101}", "line: 101, overrides: {some.password: tell-nobody}}"))
    with served.store() as store:
        files = CurrentFiles(served.deployment, store)
        phone = shown(store, "acme/LDN-07")
        hidden = files.file(phone).body.decode()
        bare = files.file(phone, reveal=True).body.decode()
    assert "account.1.password = made-by-store" in bare
    assert "some.password = tell-nobody" in bare
    for secret in ("made-by-store", "tell-nobody"):
        assert secret not in hidden
    assert "account.1.password = (hidden)" in hidden
    kept = [it for it in bare.splitlines() if "password" in it]
    gone = [it for it in kept if it in hidden.splitlines()]
    assert gone == [], "every line with a password is another"
    assert PLACEHOLDER in bare


def test_which_files_there_are(served: StoredPlace) -> None:
    with served.store() as store:
        files = CurrentFiles(served.deployment, store)
        phone = shown(store, "acme/LDN-07")
        assert files.names(phone)[0] == OWN
        assert files.file(phone, files.names(phone)[1]).body
        with pytest.raises(Faults, match="is no file of this handset"):
            files.file(phone, "001565aabbcd.cfg")


FAMILIES = {(it.vendor, it.family.name): it.key for it in catalogue().models.values()}


@pytest.mark.parametrize("model", sorted(FAMILIES.values()))
def test_every_file_of_every_family_can_be_shown(served: StoredPlace, model: str) -> None:
    served.commit(ACME.replace("yealink/T54W, site", f"{model}, site"))
    with served.store() as store:
        files = CurrentFiles(served.deployment, store)
        phone = shown(store, "acme/LDN-07")
        names = files.names(phone)
        assert names
        for name in names:
            shown_file = files.file(phone, name).body.decode()
            assert "made-by-store" not in shown_file
            assert files.file(phone, name, reveal=True).content_type
