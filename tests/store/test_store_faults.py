"""Races, kills and broken databases: one clear line, and nothing half done."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from controlplane.diagnostics import Faults
from controlplane.model.change_set import Change, ChangeSet
from controlplane.store.reading import Snapshot
from controlplane.store.store import Store

AT = dt.datetime(2026, 7, 1, 12, 0, 0, tzinfo=dt.UTC)
ROOT = Path(__file__).parents[2]
Put = Callable[..., int]


def one_line(action: Callable[[], object]) -> str:
    """The single diagnostic that `action` ends in."""
    with pytest.raises(Faults) as caught:
        action()
    (only,) = caught.value.diagnostics
    assert "\n" not in str(only)
    return str(only)


def change(store: Store, key: str, ring: int, author: str = "") -> int:
    now = store.load("acme")
    before = now.documents.get(f"acme/lines/{key}")
    changes = (Change(f"acme/lines/{key}", before, {"ring": ring}),)
    return store.commit(ChangeSet("acme", now.revision, changes, (), author), AT, lambda: "s")


def race(stores: dict[str, Store], known: Snapshot) -> dict[str, Any]:
    """Each name's store changes line 101 at the same moment: its revision, or its refusal."""
    start = threading.Barrier(len(stores))
    ends: dict[str, Any] = {}

    def write(name: str, store: Store) -> None:
        mine = Change("acme/lines/101", known.documents["acme/lines/101"], {"label": [name]})
        change_set = ChangeSet("acme", known.revision, (mine,), (), name)
        start.wait()
        try:
            ends[name] = store.commit(change_set, AT, lambda: "s")
        except Faults as refused:
            ends[name] = str(refused)

    threads = [threading.Thread(target=write, args=each) for each in stores.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def test_two_writers_race_for_one_object(url: str, put: Put) -> None:
    put({"settings": {}, "lines/101": {}})
    with Store.open(url) as first, Store.open(url) as second:
        for _ in range(6):
            known = first.load("acme")
            ends = race({"ada": first, "bob": second}, known)
            winner, loser = sorted(ends, key=lambda name: isinstance(ends[name], str))
            assert ends[winner] == known.revision + 1
            assert f"acme/lines/101: error: was changed by {winner} meanwhile" in ends[loser]
            assert first.documents("acme")["acme/lines/101"] == {"label": [winner]}


def test_writers_of_different_objects_all_get_through(url: str, put: Put) -> None:
    put({"settings": {}})
    revisions: list[int] = []

    def write(name: int) -> None:
        with Store.open(url) as store:
            for ring in range(1, 6):
                revisions.append(change(store, str(name), ring))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(100, 104)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(revisions) == list(range(2, 22))


CHILD = """
import datetime as dt, sys, time
from controlplane.model.change_set import ChangeSet
from controlplane.store.store import Store
url, pause = sys.argv[1:]
store = Store.open(url)
now = store.load("acme")
wanted = {key: {**one, "record_calls": True} for key, one in now.documents.items() if "/h" in key}
wanted = {"acme/settings": {"name": "new"}, "acme/handsets/new": {}, **wanted}
change_set = ChangeSet.between("acme", now.revision, now.documents, wanted, now.documents)
def secret():
    if pause == "inside":
        print("inside", flush=True)
        time.sleep(60)
    return "s"
print("before", flush=True)
store.commit(change_set, dt.datetime.now(dt.UTC), secret)
print("after", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("moment", ["inside", "after", 0.005, 0.02, 0.05, 0.1, 0.2])
def test_killed_in_a_commit(store: Store, url: str, put: Put, moment: str | float) -> None:
    """The whole of the old state or the whole of the new one, and the store goes on working."""
    put({"settings": {"name": "old"}, **{f"handsets/h{number}": {} for number in range(2000)}})
    old = store.documents("acme")
    command = [sys.executable, "-c", CHILD, url, str(moment)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "before\n"
        if isinstance(moment, str):
            assert child.stdout.readline() == f"{moment}\n"
        else:
            time.sleep(moment)
        child.kill()
        said = child.stdout.read()
    now = store.load("acme")
    new = {address: {**one, "record_calls": True} for address, one in old.items()}
    new |= {"acme/settings": {"name": "new"}, "acme/handsets/new": {}}
    if now.revision == 1:
        assert now.documents == old
        assert moment != "after"
        assert "after" not in said
    else:
        assert (now.revision, now.documents) == (2, new)
        assert moment != "inside"
    assert len(store.audit("acme", limit=9999)) == [2001, 4003][now.revision - 1]
    assert len(now.secrets) == len(now.documents) - 1
    assert store.documents_at("acme", 1) == old
    assert change(store, "101", 9) == now.revision + 1


@contextmanager
def held(store: Store) -> Iterator[None]:
    """Somebody else in the middle of writing."""
    with store.database.write():
        yield


def test_locked(url: str, store: Store, put: Put) -> None:
    put({"settings": {}})
    with Store.open(url, lock_seconds=0.3) as second, held(store):
        started = time.monotonic()
        message = one_line(lambda: change(second, "101", 9))
        assert 0.2 < time.monotonic() - started < 3
        assert "the database is locked by another process (try again" in message
        with Store.open(url, lock_seconds=0.3) as third:
            assert third.load("acme").revision == 1, "readers do not wait"
    assert change(store, "101", 9) == 2


def test_disk_full(tmp_path: Path) -> None:
    with Store.create(f"sqlite:///{tmp_path}/store.db") as store:

        @event.listens_for(store.database.engine, "checkout")
        def limit(raw: Any, *_: Any) -> None:
            raw.execute("PRAGMA max_page_count=60")

        store.commit(ChangeSet("acme", 0, (Change("acme/settings", None, {}),)), AT, lambda: "s")
        many = tuple(Change(f"acme/lines/{number}", None, {}) for number in range(5000))
        message = one_line(lambda: store.commit(ChangeSet("acme", 1, many), AT, lambda: "s"))
        assert "the database has no room left: the disk is full (free some space" in message
        assert (store.latest_revision(), list(store.documents("acme"))) == (1, ["acme/settings"])
        assert change(store, "101", 9) == 2


def test_a_really_full_disk(tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        with Store.create(f"sqlite:///{tmp_path}/store.db") as store:
            first = ChangeSet("acme", 0, (Change("acme/settings", None, {}),))
            store.commit(first, AT, lambda: "s")
            many = tuple(Change(f"acme/lines/{number}", None, {}) for number in range(9000))
            message = one_line(lambda: store.commit(ChangeSet("acme", 1, many), AT, lambda: "s"))
            assert "disk" in message
            assert str(tmp_path) in message
        with Store.open(f"sqlite:///{tmp_path}/store.db") as store:
            assert store.latest_revision() == 1
            assert change(store, "101", 9) == 2
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.fixture
def plain_folder() -> Iterator[Path]:
    """A folder that any user may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="store-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


@contextmanager
def unprivileged() -> Iterator[None]:
    """As a user whom file modes bind: they do not bind root."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_files_without_permission(plain_folder: Path) -> None:
    path = plain_folder / "store.db"
    url = f"sqlite:///{path}"
    with unprivileged():
        Store.create(url).close()
        for mode in (0o000, 0o400):
            path.chmod(mode)
            assert f"{path}: error: the database cannot be opened: Permission denied" in one_line(
                lambda: Store.open(url)
            )
    path.chmod(0o600)
    plain_folder.chmod(0o555)
    with unprivileged():
        assert "the database's directory cannot be written" in one_line(lambda: Store.open(url))
        missing = f"sqlite:///{plain_folder}/other.db"
        assert "the database cannot be made: Permission denied" in one_line(
            lambda: Store.create(missing)
        )
    plain_folder.chmod(0o777)
    with unprivileged(), Store.open(url) as store:
        assert store.latest_revision() == 0


def test_files_that_are_no_database(tmp_path: Path) -> None:
    missing = tmp_path / "none" / "store.db"
    assert "there is no database (make it with `ctl init`)" in one_line(
        lambda: Store.open(f"sqlite:///{missing}")
    )
    assert not missing.exists()
    assert "cannot be made: No such file or directory" in one_line(
        lambda: Store.create(f"sqlite:///{missing}")
    )
    assert "Is a directory" in one_line(lambda: Store.open(f"sqlite:///{tmp_path}"))
    other = tmp_path / "notes.txt"
    other.write_text("not a database at all\n" * 100)
    for attempt in (Store.open, Store.create):
        assert "is not a usable database" in one_line(
            lambda attempt=attempt: attempt(f"sqlite:///{other}")
        )
    assert other.read_text().startswith("not a database")


def test_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store.create(f"sqlite:///{path}") as store:
        objects = tuple(Change(f"acme/lines/{number}", None, {}) for number in range(2000))
        first = Change("acme/settings", None, {})
        store.commit(ChangeSet("acme", 0, (first, *objects)), AT, lambda: "s")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 8192))
    assert "is not a usable database, or is damaged (restore it" in one_line(
        lambda: Store.open(f"sqlite:///{path}").documents("acme")
    )


@pytest.mark.parametrize(
    "url", ["", "store.db", "sqlite://", "sqlite:///:memory:", "mysql://u:hidden@h/x", "http://["]
)
def test_urls_that_are_none(url: str) -> None:
    message = one_line(lambda: Store.open(url))
    assert "write sqlite:///FILE or postgresql://USER@HOST/NAME" in message
    assert "hidden" not in message


@pytest.mark.postgres
def test_servers_that_refuse(cluster: Any, tmp_path: Path) -> None:
    wrong = one_line(lambda: Store.open(cluster.url("postgres", "the wrong one")))
    assert "the database refused the user or password (check the database URL)" in wrong
    assert "wrong" not in wrong
    missing = one_line(lambda: Store.open(cluster.url("nowhere")))
    assert "the database does not exist on the server" in missing
    for url in (
        f"postgresql://owner:hidden@/x?host={tmp_path}",
        "postgresql://owner:hidden@127.0.0.1:1/x",
        "postgres://owner:hidden@no-such-host.invalid/x",
    ):
        down = one_line(lambda url=url: Store.open(url, lock_seconds=1))
        assert "the database cannot be reached (start the server" in down
        assert "hidden" not in down


@pytest.mark.postgres
def test_a_user_without_rights(cluster: Any) -> None:
    cluster.run("CREATE DATABASE rights")
    cluster.run("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    Store.create(cluster.url("rights")).close()
    url = cluster.url("rights", "guest").replace("owner", "guest")
    assert "does not permit this to its user" in one_line(lambda: Store.open(url))


@pytest.mark.postgres
def test_a_server_that_goes_away(cluster: Any) -> None:
    cluster.run("CREATE DATABASE away")
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'away'"
    with Store.create(cluster.url("away")) as store:
        first = (Change("acme/settings", None, {}), Change("acme/handsets/h", None, {}))

        def cut() -> str:
            cluster.run(others)
            return "s"

        message = one_line(lambda: store.commit(ChangeSet("acme", 0, first), AT, cut))
        assert "the database cannot be reached" in message
        assert store.latest_revision() == 0, "a new connection is made by itself"
        assert store.commit(ChangeSet("acme", 0, first), AT, lambda: "s") == 1
        cluster.run(others)
        assert store.tenants() == ("acme",)


def test_a_store_from_elsewhere_keeps_its_log(tmp_path: Path) -> None:
    """A restored copy is no longer in WAL mode, in which alone a commit is quick and safe."""
    path = tmp_path / "store.db"
    Store.create(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")
    raw.close()
    with Store.open(f"sqlite:///{path}") as store, store.database.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
