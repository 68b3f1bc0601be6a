"""`ctl handset`: what is listed and shown, and that secrets are hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from controlplane.cli.config import Configured
from controlplane.cli.root import ctl as root
from controlplane.cli.session import Session
from controlplane.model.change_set import ChangeSet
from controlplane.model.documents import to_documents
from controlplane.model.three_way import two_way
from controlplane.service.handsets.registrations import ended_by
from controlplane.store.yaml.reader import read
from tests.unit.cli.conftest import ACME, Place


def test_a_table_for_people(place: Place) -> None:
    place.commit(ACME.replace("line: 102, sip", "line: 102, login: 101, name: Desk, sip"), day=1)
    rows = place.ctl("handset", "list", "acme").stdout.splitlines()
    assert rows[0].split() == ["HANDSET", "MAC", "MODEL", "SITE", "SERVES", "NAME"]
    assert rows[1].split() == ["acme/LDN-07", "001565aabbcc", "yealink/T54W", "london", "101"]
    assert rows[2].split() == ["acme/LDN-08", "-", "yealink/T54W", "-", "101", "(login)", "Desk"]


def test_data_for_programs_and_filters(place: Place) -> None:
    def listed(*args: str) -> list[str]:
        data = yaml.safe_load(place.ctl("handset", "list", *args, "-o", "yaml").stdout)
        return [it["handset"] for it in data]

    assert listed() == ["LDN-07", "LDN-08"]
    assert listed("acme", "--site", "london") == ["LDN-07"]
    assert listed("--line", "102") == ["LDN-08"]
    assert listed("--line", "104") == []


def test_one_is_shown_whole_with_its_account(place: Place) -> None:
    shown = json.loads(place.ctl("handset", "show", "acme/LDN-07", "-o", "json").stdout)
    assert shown["account"] == "acme.LDN-07"
    assert shown["serves"] == "101"
    assert shown["record_calls"] is False
    assert shown["sip_password"] == "(hidden)"


def test_secrets_only_where_asked_for(place: Place) -> None:
    for output in ("table", "json", "yaml"):
        hidden = place.ctl("handset", "show", "acme/LDN-08", "-o", output).output
        assert "hush-hush" not in hidden
        assert "hush-hush" not in place.ctl("handset", "list", "-o", output).output
        assert "made-by-store" not in place.ctl("handset", "list", "-o", output).output
    shown = place.ctl("handset", "show", "acme/handsets/LDN-07", "--reveal", "-o", "json")
    assert json.loads(shown.stdout)["sip_password"] == "made-by-store"


def test_who_is_not_there_is_named_with_the_nearest(place: Place) -> None:
    wrong = place.ctl("handset", "show", "acme/LDN-O7")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "did you mean 'LDN-07'?" in wrong.stderr
    assert "write TENANT/PHONE-ID" in place.ctl("handset", "show", "LDN-07").stderr
    assert "there is no tenant 'acne'" in place.ctl("handset", "list", "acne").stderr
    assert place.ctl("handset", "lst").exit_code == 64


@pytest.fixture
def alone(place: Place) -> Callable[..., Result]:
    """`ctl` of a deployment that has no engine to be brought to a change."""

    def run(*args: str, exits: int = 0) -> Result:
        session = Session()
        without = place.deployment.model_copy(update={"engines": {}})
        session.__dict__["configured"] = Configured(place.config, without)
        done = CliRunner().invoke(
            root, ["handset", *args], obj=session, env={"CTL_AUTHOR": "ada"}, prog_name="ctl"
        )
        assert done.exit_code == exits, done.output
        assert "Traceback" not in done.output
        return done

    return run


def test_one_is_added_changed_and_deleted(place: Place, alone: Callable[..., Result]) -> None:
    alone("add", "acme/NEW-1", "mac=00:15:65:00:00:01", "model=yealink/T54W", "line=101")
    shown = json.loads(alone("show", "acme/NEW-1", "-o", "json").stdout)
    assert (shown["mac"], shown["serves"]) == ("001565000001", "101")
    alone("edit", "acme/NEW-1", "name=Reception", "record_calls=yes", "--reason", "moved")
    shown = json.loads(alone("show", "acme/NEW-1", "-o", "json").stdout)
    assert (shown["name"], shown["record_calls"]) == ("Reception", True)
    alone("delete", "acme/NEW-1", "--yes")
    assert "there is no such handset" in alone("show", "acme/NEW-1", exits=1).stderr
    rows = json.loads(place.ctl("log", "acme/handsets/NEW-1", "-o", "json").stdout)
    assert next(it["verb"] for it in rows) == "remove"
    assert {it["author"] for it in rows} == {"ada"}
    assert "moved" in {it["reason"] for it in rows}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["add", "acme/LDN-07"], "is there already"),
        (["add", "acne/LDN-09"], "there is no tenant 'acne'"),
        (["add", "acme/LDN 09"], "LDN 09"),
        (["add", "acme/NEW-1", "mac=zz"], "is not a MAC address"),
        (["add", "acme/NEW-1", "mca=001565aabb01"], "mca"),
        (["add", "acme/NEW-1", "mac=00:15:65:aa:bb:cc"], "is that of handset LDN-07"),
        (["add", "acme/NEW-1", "line=999"], "999"),
        (["edit", "acme/LDN-70", "name=x"], "there is no such object"),
        (["delete", "acme/LDN-70", "--yes"], "there is no such handset"),
        (["delete", "acme/LDN-07"], "nothing was deleted: nobody could be asked"),
        (["edit", "acme/LDN-07", "name=x", "--seen", "0"], "meanwhile"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    place: Place, alone: Callable[..., Result], args: list[str], said: str
) -> None:
    with place.store() as store:
        before = store.load("acme")
    done = alone(*args, exits=1)
    assert said in done.stderr
    with place.store() as store:
        assert store.load("acme") == before


def test_what_a_change_ends(place: Place) -> None:
    other = ACME.replace("hush-hush", "quite-another")
    gone = "\n".join(it for it in ACME.splitlines() if "LDN-07" not in it)
    renamed = ACME.replace("line: 102, sip", "line: 102, name: Desk, sip")
    wanted = {other: ("acme.LDN-08",), gone: ("acme.LDN-07",), renamed: (), ACME: ()}
    with place.store() as store:
        stored = store.load("acme").documents
    for text, accounts in wanted.items():
        changes = two_way(stored, to_documents(read(text, "acme.yaml").system))
        assert ended_by(ChangeSet("acme", 1, changes)) == accounts


SERVED = "provisioning: {port: 8085, public_url: 'http://phones.example:8085/'}\n"


def test_one_that_is_revoked_has_another_password(
    place: Place, alone: Callable[..., Result]
) -> None:
    def passwords() -> list[str]:
        shown = [alone("show", f"acme/{it}", "--reveal", "-o", "json") for it in NAMES]
        return [json.loads(it.stdout)["sip_password"] for it in shown]

    before = passwords()
    assert "it had no token" in alone("revoke", "acme/LDN-08", "--files-only").stdout
    assert passwords() == before
    done = alone("revoke", "acme/LDN-08", "--reason", "left in a train")
    after = passwords()
    assert (after[0], after[1] == before[1], len(after[1])) == (before[0], False, 24)
    assert after[1] not in done.output
    data = json.loads(alone("revoke", "acme/LDN-07", "-o", "json").stdout)
    assert (data["handset"], data["ended"], data["committed"]) == ("acme/LDN-07", 0, True)
    rows = json.loads(place.ctl("log", "acme/handsets/LDN-08", "-o", "json").stdout)
    assert "left in a train" in {it["reason"] for it in rows}
    assert after[1] not in json.dumps(rows)
    assert "it had no token" in alone("revoke", "acme/GONE").stdout


NAMES = ("LDN-07", "LDN-08")


def test_a_url_to_enrol_with_is_shown_once(place: Place) -> None:
    place.config.write_text(place.config.read_text() + SERVED)
    made = json.loads(place.ctl("handset", "enrol", "acme/LDN-07", "-o", "json").stdout)
    assert re.fullmatch(r"http://phones\.example:8085/d/[A-Za-z0-9_-]{24}/", made["url"])
    again = place.ctl("handset", "enrol", "acme/LDN-07", "--minutes", "5")
    assert made["url"] not in again.output
    for verb in ("list", "show"):
        assert "/d/" not in place.ctl("handset", verb, *(["acme/LDN-07"] * (verb == "show"))).output
    assert "1 of its tokens ended" in place.ctl("handset", "revoke", "acme/LDN-07").stdout
    assert "it had no token" in place.ctl("handset", "revoke", "acme/LDN-07").stdout


def test_an_app_scans_where_it_is_set_up_from(
    place: Place, alone: Callable[..., Result], tmp_path: Path
) -> None:
    place.config.write_text(place.config.read_text() + SERVED)
    alone("add", "acme/APP-1", "model=linphone/Linphone", "line=101")
    picture = tmp_path / "code.svg"
    done = place.ctl("handset", "enrol", "acme/APP-1", "--svg", str(picture))
    assert re.search(r"^http://phones\.example:8085/d/[\w-]{24}/linphone\.xml$", done.stdout, re.M)
    assert "█" in done.stdout
    assert picture.read_text().startswith("<svg")
    assert picture.stat().st_mode & 0o77 == 0
    refused = place.ctl("handset", "enrol", "acme/LDN-07", "--svg", str(tmp_path / "none.svg"))
    assert "is no app that scans a QR code" in refused.stderr
    assert not (tmp_path / "none.svg").exists()


def test_what_cannot_be_enrolled_is_told(place: Place) -> None:
    assert "nothing is served to handsets" in place.ctl("handset", "enrol", "acme/LDN-07").stderr
    place.config.write_text(place.config.read_text() + SERVED)
    assert "there is no such handset" in place.ctl("handset", "enrol", "acme/LDN-99").stderr
    forever = place.ctl("handset", "enrol", "acme/LDN-07", "--minutes", "99999")
    assert "is no time to enrol" in forever.stderr
    rotated = place.ctl("handset", "enrol", "acme/LDN-07", "--rotate")
    assert "ctl handset enrol acme/LDN-07" in rotated.stderr


def test_doctor_says_what_handsets_could_not_be_served_with(place: Place) -> None:
    plain = place.config.read_text()
    place.config.write_text(plain + SERVED.replace("}", ", firmware: none}"))
    found = {it["what"]: it for it in json.loads(place.ctl("doctor", "-o", "json").stdout)}
    assert "in clear" in found["handsets"]["detail"]
    assert found["handsets: firmware"]["state"] == "fail"
    tls = "tls_port: 8443, certificate: none.pem, key: none.key"
    place.config.write_text(plain + SERVED.replace("port: 8085", tls))
    found = {it["what"]: it for it in json.loads(place.ctl("doctor", "-o", "json").stdout)}
    assert found["handsets"]["state"] == "fail"
    assert "cannot be used: no such file" in found["handsets"]["detail"]
    assert "handsets: firmware" not in found
