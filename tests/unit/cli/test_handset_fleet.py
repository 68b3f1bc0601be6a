"""`ctl handset fleet|sync|render` and `ctl drift` of handsets, where no engine is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from controlplane.cli.config import Configured
from controlplane.cli.root import ctl as root
from controlplane.cli.session import Session
from controlplane.model.deployment import ProvisioningServer
from controlplane.service.handsets.current_files import CurrentFiles
from controlplane.service.handsets.files import fingerprint
from controlplane.service.handsets.listing import shown
from controlplane.store.handset_seen import Seen, SeenStore
from tests.unit.cli.conftest import ACME, Place
from tests.unit.service.conftest import AT

Ctl = Callable[..., Result]
OWN = "001565aabbcc.cfg"


SERVER = ProvisioningServer(port=8085, public_url="http://phones.example:8085")


def runner(place: Place, **settings: Any) -> Ctl:
    deployment = place.deployment.model_copy(update=settings)

    def run(*args: str, exits: int = 0) -> Result:
        session = Session()
        session.__dict__["configured"] = Configured(place.config, deployment)
        done = CliRunner().invoke(root, args, obj=session, prog_name="ctl")
        assert done.exit_code == exits, done.output
        assert "Traceback" not in done.output
        return done

    return run


@pytest.fixture
def ctl(place: Place) -> Ctl:
    """Handsets are served, and LDN-07 has fetched; the engine does not answer."""
    deployment = place.deployment.model_copy(update={"provisioning": SERVER})
    with place.store() as store:
        file = CurrentFiles(deployment, store).file(shown(store, "acme/LDN-07"), reveal=True)
        seen = Seen("acme", "LDN-07", AT, "192.0.2.7", "?", OWN, fingerprint(file.body), 1)
        SeenStore(store.database).write([seen])
    return runner(place, provisioning=SERVER)


def test_how_they_stand_though_an_engine_does_not_tell(ctl: Ctl, place: Place) -> None:
    done = ctl("handset", "fleet")
    head, first, second = done.stdout.splitlines()
    assert head.split()[:4] == ["HANDSET", "MODEL", "FIRMWARE", "SEEN"]
    assert first.split()[:2] == ["acme/LDN-07", "yealink/T54W"]
    assert "192.0.2.7" in first
    assert "1, current" in first
    assert second.split()[3:] == ["never", "-", "-", "nowhere"]
    assert "127.0.0.72" in done.stderr, "the engine that is down is named"
    place.commit(ACME.replace("first: Ada", "first: Augusta"), day=1)
    stale = json.loads(ctl("handset", "fleet", "--stale", "-o", "json").stdout)
    assert [(it["handset"], it["current"]) for it in stale] == [("LDN-07", False)]


def test_nobody_is_told_who_is_registered_nowhere(ctl: Ctl) -> None:
    done = ctl("handset", "sync", "acme/LDN-07", "-o", "json", exits=1)
    data = json.loads(done.stdout)
    assert (data["offline"], data["notifies"]) == (1, 0)
    every = ctl("handset", "sync", "--tenant", "acme")
    assert "2 offline" in every.stdout, "who is off fetches as it starts: no error"


@pytest.mark.parametrize(
    "args", [[], ["--all", "acme/LDN-07"], ["--tenant", "acme", "--all"], ["--all", "--rate", "0"]]
)
def test_wrong_usage(ctl: Ctl, args: list[str]) -> None:
    assert ctl("handset", "sync", *args, exits=64).stdout == ""


def test_where_nothing_is_served_nobody_is_told(place: Place) -> None:
    ctl = runner(place)
    for args in (["sync", "--all"], ["render", "acme/LDN-07"]):
        assert "nothing is served to handsets" in ctl("handset", *args, exits=1).stderr


def test_what_is_printed_of_a_file(ctl: Ctl) -> None:
    hidden = ctl("handset", "render", "acme/LDN-07").stdout
    assert "account.1.password = (hidden)" in hidden
    assert "made-by-store" not in hidden
    bare = json.loads(ctl("handset", "render", "acme/LDN-07", OWN, "--reveal", "-o", "json").stdout)
    assert "account.1.password = made-by-store" in bare["body"]
    assert OWN in ctl("handset", "render", "acme/LDN-07", "--names").stdout.splitlines()
    wrong = ctl("handset", "render", "acme/LDN-07", "001565aabbcd.cfg", exits=1).stderr
    assert "is no file of this handset" in wrong


def test_drift_of_handsets_is_told_beside_that_of_engines(place: Place) -> None:
    with place.store() as store:
        seen = Seen("acme", "LDN-07", AT, "192.0.2.7", "", OWN, "old", 1)
        SeenStore(store.database).write([seen])
    done = runner(place, provisioning=SERVER, engines={})("drift", exits=2)
    assert done.stdout.startswith("handsets: acme/handsets/LDN-07: has files made from revision 1")
    assert "ctl handset sync acme/LDN-07" in done.stdout
