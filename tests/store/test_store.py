"""Objects, commits, audit and sources, on both databases."""

from __future__ import annotations

import datetime as dt
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from controlplane.diagnostics import Diagnostic, Faults
from controlplane.model.change_set import Change, ChangeSet, Conflict
from controlplane.model.phone_system import KINDS
from controlplane.store.engine_log import EngineRecord
from controlplane.store.schema import derived_columns, tables
from controlplane.store.store import Store

AT = dt.datetime(2026, 7, 1, 12, 0, 0, tzinfo=dt.UTC)
Put = Callable[..., int]

OFFICE: dict[str, Any] = {
    "settings": {"name": "Acme"},
    "sites/london": {"main_number": "+442071838750"},
    "users/ada": {"first": "Ada", "site": "london"},
    "users/bob": {"first": "Bob"},
    "lines/101": {"user": "ada", "site": "london", "voicemail": {}},
    "lines/102": {"user": "bob"},
    "numbers/+442071838750": {"site": "london", "to": "group/sales"},
    "groups/sales": {"extension": "600", "members": ["101", "102"]},
    "mailboxes/700": {},
    "handsets/LDN-07": {"mac": "00156500aa01", "site": "london", "login": "101"},
    "handsets/LDN-08": {"mac": "00156500aa02", "line": "102", "sip_password": "its own"},
    "time_frames/office": {"weekly": {"mon-fri": ["09:00-17:30"]}},
    "trunks/uplink": {"host": "sip.carrier.example", "register": True, "password": "p"},
}


def addressed(objects: dict[str, Any], tenant: str = "acme") -> dict[str, Any]:
    return {f"{tenant}/{key}": value for key, value in objects.items()}


def refusals(action: Callable[[], object]) -> list[str]:
    with pytest.raises(Faults) as caught:
        action()
    return [f"{item.address}: {item.message}" for item in caught.value.diagnostics]


def test_an_empty_store(store: Store) -> None:
    assert (store.tenants(), store.latest_revision(), store.history()) == ((), 0, ())
    assert (store.load("acme").documents, store.last_source("acme", "f")) == ({}, None)
    assert (store.last_applied("pbx"), store.changes_since(0)) == (None, ())
    assert refusals(lambda: store.system("acme")) == ["acme: there is no tenant acme"]


def test_every_kind_is_stored_and_read_back(store: Store, put: Put) -> None:
    assert put(OFFICE, author="ada", reason="first") == 1
    snapshot = store.load("acme")
    assert snapshot.documents == addressed(OFFICE)
    assert (snapshot.revision, store.tenants()) == (1, ("acme",))
    system = store.system("acme")
    assert system.lines["101"].user == "ada"
    assert system.trunks["uplink"].registers
    (commit,) = store.history()
    assert (commit.author, commit.reason, commit.at) == ("ada", "first", AT)
    assert commit.objects == len(OFFICE)


def test_the_store_makes_a_sip_password_once(store: Store, put: Put) -> None:
    put(OFFICE)
    assert store.load("acme").secrets == {"LDN-07": "secret-0"}
    put({"handsets/LDN-07": {"name": "Desk"}, "handsets/LDN-09": {}})
    assert store.load("acme").secrets == {"LDN-07": "secret-0", "LDN-09": "secret-1"}
    put({"handsets/LDN-07": {"sip_password": "mine"}})
    assert store.load("acme").secrets == {"LDN-09": "secret-1"}
    put({"handsets/LDN-09": None})
    assert store.load("acme").secrets == {}
    put({"handsets/LDN-09": {}}, restores=True)
    assert store.load("acme").secrets == {"LDN-09": "secret-1"}, (
        "undoing a removal locks nobody out"
    )
    put({"handsets/LDN-09": None})
    put({"handsets/LDN-09": {}})
    assert store.load("acme").secrets == {"LDN-09": "secret-2"}, "another of the same name"
    passwords = {key: one.sip_password for key, one in store.system("acme").handsets.items()}
    assert passwords == {"LDN-07": "mine", "LDN-08": "its own", "LDN-09": "secret-2"}
    assert "sip_password" not in store.documents("acme")["acme/handsets/LDN-09"]


def test_history_and_audit(store: Store, put: Put) -> None:
    put(OFFICE)
    put({"lines/101": {"user": "ada", "ring": 9}}, author="bob", reason="shorter")
    put({"settings": {}}, tenant="other")
    assert [commit.revision for commit in store.history()] == [3, 2, 1]
    assert [commit.revision for commit in store.history("acme")] == [2, 1]
    assert [commit.revision for commit in store.history("acme/lines/101/ring")] == [2, 1]
    assert [commit.revision for commit in store.history("acme/settings/name")] == [1]
    assert [commit.revision for commit in store.history(limit=1)] == [3]
    newest, first = store.audit("acme/lines/101")
    assert (newest.commit.author, newest.commit.objects, first.change.verb) == ("bob", 1, "add")
    assert sorted(newest.change.fields()) == [
        ("ring", None, 9),
        ("site", "london", None),
        ("voicemail", {}, None),
    ]
    assert len(store.audit("acme")) == len(OFFICE) + 1
    assert [row.change.address for row in store.audit(limit=1)] == ["other/settings"]


def test_roll_back_to_any_revision(store: Store, put: Put) -> None:
    states: list[dict[str, Any]] = [{}]
    for objects in (
        OFFICE,
        {"lines/101": {"ring": 9}, "handsets/LDN-08": None},
        {"handsets/LDN-08": {"line": "101"}, "users/ada": None},
    ):
        put(objects)
        states.append(store.documents("acme"))
    put({"settings": {}}, tenant="other")
    for revision, state in enumerate(states):
        assert store.documents_at("acme", revision) == state
    assert [revision for revision, _ in store.changes_since(2, "acme")] == [3, 3]
    assert [change.address for _, change in store.changes_since(3)] == ["other/settings"]
    assert refusals(lambda: store.documents_at("acme", 5)) == [
        "acme: there is no revision 5; the newest is 4"
    ]
    now, then = store.load("acme"), states[1]
    back = ChangeSet.between("acme", now.revision, now.documents, then, now.documents)
    assert store.commit(back, AT, lambda: "new") == 5
    assert store.documents("acme") == then
    gone = ChangeSet.between("acme", 5, then, {}, then)
    store.commit(gone, AT, lambda: "new")
    assert store.tenants() == ("other",)


def test_two_objects_can_swap_what_must_be_unique(store: Store, put: Put) -> None:
    put(OFFICE)
    put(
        {
            "handsets/LDN-07": {"mac": "00156500aa02"},
            "handsets/LDN-08": {"mac": "00156500aa01", "login": "101"},
            "lines/101": {"user": "bob"},
            "lines/102": {"user": "ada"},
        }
    )
    assert store.documents("acme")["acme/handsets/LDN-08"]["login"] == "101"
    put(
        {"sites/london": None, "sites/paris": {}, "users/ada": {"site": "paris"}}
        | {"numbers/+442071838750": {"site": "paris"}}
    )
    assert "acme/sites/london" not in store.documents("acme")


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        (
            {"lines/103": {"user": "eve", "site": "rome"}, "users/ada": {"site": "rome"}},
            [
                "acme/users/ada/site: refers to acme/sites/rome, which does not exist",
                "acme/lines/103/user: refers to acme/users/eve, which does not exist",
                "acme/lines/103/site: refers to acme/sites/rome, which does not exist",
            ],
        ),
        (
            {"lines/102": None},
            ["acme/handsets/LDN-08/line: refers to acme/lines/102, which does not exist"],
        ),
        ({"lines/103": {"user": "ada"}}, ["acme/lines/103/user: ada is taken by acme/lines/101"]),
        (
            {"handsets/LDN-08": {"login": "101"}},
            ["acme/handsets/LDN-08/login: 101 is taken by acme/handsets/LDN-07"],
        ),
        (
            {"handsets/LDN-08": {"mac": "00156500aa01"}},
            ["acme/handsets/LDN-08/mac: 00156500aa01 is taken by acme/handsets/LDN-07"],
        ),
        (
            {"numbers/+4930123456": {}, "handsets/LDN-08": {"mac": "00156500bb01"}},
            [
                "acme/numbers/+4930123456: exists already as other/numbers/+4930123456",
                "acme/handsets/LDN-08/mac: 00156500bb01 is taken by other/handsets/B1",
            ],
        ),
        ({"settings": None}, ["acme/settings: there is no tenant acme"]),
    ],
)
def test_the_database_guards_references(
    store: Store, put: Put, objects: dict[str, Any], expected: list[str]
) -> None:
    put(OFFICE)
    other = {"settings": {}, "numbers/+4930123456": {}, "handsets/B1": {"mac": "00156500bb01"}}
    put({**other, "lines/101": {}}, tenant="other")
    assert refusals(lambda: put(objects)) == expected
    assert (store.documents("acme"), store.latest_revision()) == (addressed(OFFICE), 2)


def test_a_stale_change_set_is_refused_with_who_and_when(store: Store, put: Put) -> None:
    put(OFFICE)
    before = store.load("acme")
    put({"lines/101": {"ring": 9}, "lines/150": {}, "handsets/LDN-08": None}, author="bob")

    def commit(*changes: Change) -> int:
        return store.commit(ChangeSet("acme", before.revision, changes), AT, lambda: "s")

    stale = (
        Change("acme/lines/101", before.documents["acme/lines/101"], {}),
        Change("acme/lines/150", None, {}),
        Change("acme/handsets/LDN-08", before.documents["acme/handsets/LDN-08"], {}),
        Change("acme/lines/102", before.documents["acme/lines/102"], {"ring": 7}),
    )
    assert refusals(lambda: commit(*stale)) == [
        "acme/lines/101: was changed by bob meanwhile (2026-07-01 12:00:00 UTC, revision 2)",
        "acme/lines/150: was added by bob meanwhile (2026-07-01 12:00:00 UTC, revision 2)",
        "acme/handsets/LDN-08: was removed by bob meanwhile (2026-07-01 12:00:00 UTC, revision 2)",
    ]
    assert commit(stale[-1]) == 3, "what nobody else touched goes through"
    ahead = ChangeSet("acme", 9, (Change("acme/lines/160", None, {}),))
    assert refusals(lambda: store.commit(ahead, AT, lambda: "s")) == [
        "acme: the change set was made at revision 9, this store is at 3"
    ]


def test_many_stale_objects_are_one_bearable_message(store: Store, put: Put) -> None:
    put({"settings": {}, **{f"lines/{number}": {} for number in range(100, 700)}})
    old = store.load("acme")
    put({f"lines/{number}": {"ring": 9} for number in range(100, 700)})
    wanted = {address: {**one, "ring": 7} for address, one in old.documents.items()}
    wanted["acme/settings"] = {}
    late = ChangeSet.between("acme", 1, old.documents, wanted, old.documents)
    messages = refusals(lambda: store.commit(late, AT, lambda: "s"))
    assert len(messages) == 21
    assert "580 more" in messages[-1]


def test_what_each_found_in_order_is_checked_together(store: Store, put: Put) -> None:
    put(OFFICE)
    seen: list[Any] = []

    def check(tenant: str, documents: Any) -> None:
        seen.append(dict(documents))
        raise Faults([Diagnostic("they do not go together", tenant)])

    change_set = ChangeSet("acme", 1, (Change("acme/lines/150", None, {}),))
    assert store.commit(change_set, AT, lambda: "s", check) == 2, "nobody was there meanwhile"
    late = ChangeSet("acme", 1, (Change("acme/lines/160", None, {}),))
    assert refusals(lambda: store.commit(late, AT, lambda: "s", check)) == [
        "acme: they do not go together"
    ]
    assert {"acme/lines/150", "acme/lines/160"} <= set(seen[0])
    assert store.latest_revision() == 2


def test_sources_keep_their_own_base(store: Store, put: Put) -> None:
    wanted = addressed({"settings": {}, "lines/101": {"ring": 9}, "lines/102": {}})
    first = ChangeSet.between("acme", 0, {}, wanted, None, source="a.yaml")
    store.commit(first, AT, lambda: "s")
    base = store.last_source("acme", "a.yaml")
    assert base is not None
    assert (base.revision, base.documents) == (1, wanted)
    put({"lines/101": {"ring": 20}, "lines/300": {}})
    edited = {**wanted, "acme/lines/101": {"ring": 9, "hide_caller_id": True}}
    del edited["acme/lines/102"]
    now = store.load("acme")
    second = ChangeSet.between(
        "acme", now.revision, now.documents, edited, base.documents, source="a.yaml"
    )
    assert store.commit(second, AT, lambda: "s") == 3
    assert store.documents("acme") == addressed(
        {"settings": {}, "lines/101": {"ring": 20, "hide_caller_id": True}, "lines/300": {}}
    )
    base = store.last_source("acme", "a.yaml")
    assert base is not None
    assert base.documents == edited
    assert store.last_source("acme", "b.yaml") is None
    again = ChangeSet("acme", 2, (), source="a.yaml")
    assert "was applied meanwhile" in refusals(lambda: store.commit(again, AT, lambda: "s"))[0]


def test_a_source_that_changes_nothing_makes_no_revision(store: Store, put: Put) -> None:
    put({"settings": {}, "lines/101": {}})
    stored = store.documents("acme")
    same = ChangeSet.between("acme", 1, stored, stored, None, source="a.yaml")
    assert not same
    assert store.commit(same, AT, lambda: "s") == 1
    base = store.last_source("acme", "a.yaml")
    assert base is not None
    assert (base.documents, len(store.history())) == (stored, 1)


def test_engines_keep_a_log(store: Store) -> None:
    for revision, outcome in ((3, "applied"), (4, "failed")):
        store.record_applied(EngineRecord("pbx", revision, AT, outcome, "no\x00 answer", "abc"))
    store.record_applied(EngineRecord("other", 9, AT, "applied"))
    newest = store.last_applied("pbx")
    assert newest == EngineRecord("pbx", 4, AT, "failed", "no answer", "abc")
    good = store.last_applied("pbx", "applied")
    assert good is not None
    assert good.revision == 3


HOSTILE = "a\"';--\\ ${EXTEN} <b>&\u202e\U0001f4de é %s {0} \n\t\x1b\x7f"


def test_hostile_texts_come_back_as_they_were(store: Store, put: Put) -> None:
    put({"settings": {"name": HOSTILE}}, author=HOSTILE, reason=HOSTILE)
    put({"trunks/x": {"host": "h", "password": "\x00\ud800" + HOSTILE}})
    documents = store.documents("acme")
    assert documents["acme/settings"] == {"name": HOSTILE}
    assert documents["acme/trunks/x"]["password"] == "\x00\ud800" + HOSTILE
    assert (store.history()[1].author, store.history()[1].reason) == (HOSTILE, HOSTILE)
    assert [tuple(commit.author for commit in store.history("x' OR 1=1 --"))] == [()]


@pytest.mark.parametrize("bad", ["nul \x00", "surrogate \ud800"])
def test_texts_no_database_keeps_are_refused(store: Store, put: Put, bad: str) -> None:
    for field in ("author", "reason"):
        message = f": the {field} holds a character that no database keeps"
        assert refusals(lambda field=field: put({"settings": {}}, **{field: bad})) == [message]
    assert store.latest_revision() == 0


@pytest.mark.parametrize(
    "address",
    [
        "acme/lines",
        "acme/nothing/1",
        "other/lines/1",
        "acme/lines/",
        "acme/lines/1/ring",
        "acme/settings/x",
        "acme/lines/\x00",
        "acme/lines/\ud800",
        "/lines/1",
        "Acme/lines/1",
        "x",
    ],
)
def test_what_is_no_address_is_refused(store: Store, address: str) -> None:
    change_set = ChangeSet("acme", 0, (Change(address, None, {}),))
    assert refusals(lambda: store.commit(change_set, AT, lambda: "s"))[0].endswith(
        "is no object of acme"
    )


def test_conflicts_are_refused_and_hide_secrets(store: Store, put: Put) -> None:
    conflict = Conflict("acme/handsets/H1", "sip_password", "s1", "s2", "s3")
    change_set = ChangeSet("acme", 0, (), (conflict,))
    (message,) = refusals(lambda: store.commit(change_set, AT, lambda: "s"))
    assert message.startswith("acme/handsets/H1/sip_password: changed here and elsewhere")
    assert not [secret for secret in ("s1", "s2", "s3") if secret in message]
    with pytest.raises(ValueError, match="zone"):
        put({"settings": {}}, at=dt.datetime(2026, 1, 1))  # noqa: DTZ001


def test_columns_are_settings_of_the_model() -> None:
    for collection in tables:
        for name in derived_columns(collection):
            field = KINDS[collection].model_fields[name]
            assert (field.alias, field.default) == (None, None), f"{collection}.{name}"


def test_columns_follow_the_document(store: Store, put: Put) -> None:
    put(OFFICE)
    put({"handsets/LDN-07": {"login": "102", "line": "101"}})
    asked = text("SELECT mac, login, line, site, revision FROM handsets WHERE key = 'LDN-07'")
    with store.database.read() as connection:
        assert tuple(connection.execute(asked).one()) == (None, "102", "101", None, 2)


def test_an_embedded_store_is_private_and_durable(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store.create(f"sqlite:///{path}") as store, store.database.read() as connection:
        settings = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
        assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
        for file in tmp_path.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
