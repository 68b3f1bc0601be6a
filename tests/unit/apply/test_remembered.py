"""What is remembered of an engine's keys: exact, cheap, and never trusted when it is not whole."""

from pathlib import Path

import pytest

from controlplane.apply.remembered import RememberedKeys
from controlplane.apply.store_keys import Delta, apply_delta, delta, digest_after, digest_of, undone

KEYS = {"cp/acme/line/101/name": 'Ada "A" Byron;,${X}', "cp/acme/line/101/dnd": "1", "cp/x": "é"}


def remembered(folder: Path) -> RememberedKeys:
    found = RememberedKeys(folder)
    found.load()
    return found


def test_a_change_there_and_back() -> None:
    after = {"cp/x": "e", "cp/new": "1", "cp/acme/line/101/dnd": "1"}
    change = delta(KEYS, after)
    keys = dict(KEYS)
    apply_delta(keys, change)
    assert keys == after
    assert digest_after(digest_of(KEYS), change, KEYS) == digest_of(after)
    apply_delta(keys, undone(change, KEYS))
    assert keys == KEYS
    assert len(change) == 3
    assert not delta(KEYS, KEYS)


def test_the_digest_tells_key_from_value_and_needs_no_order() -> None:
    assert digest_of({"a": "bc"}) != digest_of({"ab": "c"})
    assert digest_of({"a": "1", "b": "2"}) != digest_of({"a": "2", "b": "1"})
    assert digest_of({"a": "1", "b": "2"}) == digest_of({"b": "2", "a": "1"})


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    keys = remembered(tmp_path)
    assert (keys.keys, keys.digest, keys.last_digest()) == ({}, "", "")
    keys.replace(KEYS)
    for number in range(450):
        change = Delta({"cp/x": str(number)}, ("cp/acme/line/101/dnd",))
        keys.change(change, digest_after(keys.digest, change, keys.keys))
    again = remembered(tmp_path)
    assert again.keys == {"cp/acme/line/101/name": KEYS["cp/acme/line/101/name"], "cp/x": "449"}
    assert again.digest == digest_of(again.keys) == again.last_digest()
    assert len(again.path.read_text().splitlines()) <= 200


def test_a_flip_is_appended_without_reading_the_rest(tmp_path: Path) -> None:
    remembered(tmp_path).replace(KEYS)
    unread = RememberedKeys(tmp_path)
    change = Delta({"cp/x": "2"})
    unread.append(change, digest_after(unread.last_digest(), change, {"cp/x": "é"}))
    assert remembered(tmp_path).keys == {**KEYS, "cp/x": "2"}
    assert remembered(tmp_path).digest == digest_of({**KEYS, "cp/x": "2"})


@pytest.mark.parametrize("cut", range(1, 120, 7))
def test_a_torn_file_is_never_taken_for_whole(tmp_path: Path, cut: int) -> None:
    keys = remembered(tmp_path)
    keys.replace(KEYS)
    change = Delta({"cp/x": "2"})
    keys.change(change, digest_after(keys.digest, change, keys.keys))
    content = keys.path.read_bytes()
    keys.path.write_bytes(content[:-cut])
    torn = remembered(tmp_path)
    assert torn.digest in ("", digest_of(torn.keys))
    assert torn.keys in ({}, KEYS, {**KEYS, "cp/x": "2"})
    assert torn.last_digest() in ("", digest_of(KEYS))
