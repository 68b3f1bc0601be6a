"""The whole bundle: what is in it, that it is stable, and that nothing hostile gets out."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from controlplane.diagnostics import Faults
from controlplane.render.bundle import Bundle
from controlplane.render.freeswitch import render
from controlplane.render.freeswitch.names import FEW
from controlplane.render.freeswitch.parts import DIALPLAN, DIRECTORY, GATEWAYS, PARTS, needs_restart
from controlplane.render.freeswitch.store import MOST, stored
from tests.unit.render.freeswitch.office import ENGINE, view

GOLDEN = Path(__file__).parents[3] / "golden" / "freeswitch"
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"
NAME = "A\"';b,c${system(id)}\u202e <x> $[1]"
_INCLUDE = re.compile(r'<X-PRE-PROCESS cmd="include" data="([^"]+)"/>')


def test_golden_files() -> None:
    """`UPDATE_GOLDEN=1 pytest …` writes them anew."""
    bundle = render([view()], ENGINE)
    found = {str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("*") if path.is_file()}
    if UPDATE:
        for name in found:
            (GOLDEN / name).unlink()
        for name, content in bundle.files.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_text(content, encoding="utf-8")
        held = "".join(f"{key} = {value}\n" for key, value in bundle.store.items())
        (GOLDEN / "store.txt").write_text(held, encoding="utf-8")
    for name, content in bundle.files.items():
        assert (GOLDEN / name).read_text(encoding="utf-8") == content, name
    assert UPDATE or found == {*bundle.files, "store.txt"}
    held = (GOLDEN / "store.txt").read_text(encoding="utf-8")
    assert dict(line.split(" = ", 1) for line in held.splitlines()) == bundle.store


def whole(bundle: Bundle, name: str = "freeswitch.xml") -> str:
    """The text that FreeSWITCH's parser is given; a file includes from its own folder on."""

    def included(found: re.Match[str]) -> str:
        return whole(bundle, posixpath.join(posixpath.dirname(name), found[1]))

    return _INCLUDE.sub(included, bundle.files[name])


def document(bundle: Bundle) -> etree._Element:
    return etree.fromstring(whole(bundle).encode())


def test_all_files_together_are_one_document_that_is_whole() -> None:
    bundle = render([view("acme"), view("beta"), view("marker")], ENGINE)
    assert [one.get("name") for one in document(bundle)] == [
        "configuration", "dialplan", "directory", "languages",
    ]  # fmt: skip
    included = {
        posixpath.join(posixpath.dirname(name), found)
        for name, text in bundle.files.items()
        for found in _INCLUDE.findall(text)
    }
    assert included | {"freeswitch.xml"} == set(bundle.files)


def test_every_transfer_to_a_context_of_ours_has_a_target() -> None:
    root = document(render([view("acme"), view("beta")], ENGINE))
    there = {
        (context.get("name"), one.get("name"))
        for context in root.iterfind("section/context")
        for one in context
    }
    targets = re.findall(
        r'application="transfer" data="([^ "]+) XML ([^ "]+)"', etree.tostring(root, encoding=str)
    )
    constant = {(where, to) for to, where in targets if "$" not in to + where}
    assert len(constant) > 50
    assert constant <= there


def test_no_element_has_many_children() -> None:
    lines: dict[str, Any] = {
        str(number): {"voicemail": {}} for number in range(1000, 1000 + 3 * FEW)
    }
    numbers = {f"+4420718{line}0": {"to": f"line/{line}"} for line in lines}
    handsets = {f"H{line}": {"line": line} for line in lines}
    big = view(lines=lines, handsets=handsets, numbers=numbers, groups={})
    root = document(render([big], ENGINE))
    assert max(len(one) for one in root.iter() if one.tag != "section") <= FEW + 1
    contexts = {str(one.get("name")) for one in root.iterfind("section/context")}
    assert {"cp-x-acme-00", "cp-x-acme-99", "cp-n-acme-90"} <= contexts


def test_the_order_of_tenants_and_of_their_objects_changes_nothing() -> None:
    first, second = view("acme"), view("beta")
    assert render([first, second], ENGINE) == render([second, first], ENGINE)


def test_a_base_bundle_has_no_tenant_and_all_an_engine_needs() -> None:
    base = render([], ENGINE)
    document(base)
    assert base.store == {}
    assert {name for name in render([view()], ENGINE).files if "acme" not in name} == set(
        base.files
    )


def test_a_change_of_one_kind_touches_the_part_of_that_kind_only() -> None:
    before = render([view(groups={"g": {"members": ["101"], "ring": 20}})], ENGINE).files
    after = render([view(groups={"g": {"members": ["101"], "ring": 21}})], ENGINE).files
    assert {name for name in before if before[name] != after[name]} == {
        "dialplan/acme.tenant.xml", "dialplan/marker.xml",
    }  # fmt: skip
    assert DIALPLAN.digest(before) != DIALPLAN.digest(after)


def test_a_login_is_in_no_file() -> None:
    there = view(handsets={"A1": {"line": "101"}, "B1": {"login": "102"}, "X1": {}})
    here = view(handsets={"A1": {"line": "101"}, "B1": {}, "X1": {"login": "102"}})
    assert render([there], ENGINE).files == render([here], ENGINE).files
    assert render([there], ENGINE).store != render([here], ENGINE).store


def test_state_is_in_no_file() -> None:
    lines = {"101": {"ring": 20}, "102": {"voicemail": {}}, "103": {}}
    flipped = {
        "101": {"ring": 20, "do_not_disturb": True},
        "102": {"forward": {"busy": "line/101"}, "voicemail": {}},
        "103": {"label": ["New"]},
    }
    one, other = render([view(lines=lines)], ENGINE), render([view(lines=flipped)], ENGINE)
    assert one.files == other.files
    assert one.store != other.store


def test_each_part_is_told_by_its_marker_and_by_nothing_else() -> None:
    files = render([view()], ENGINE).files
    for part in PARTS:
        digest = part.digest(files)
        parts = [digest[place : place + 4] for place in range(0, 16, 4)]
        written = (digest, ":".join(parts))
        assert any(one in files[part.marker] for one in written)
        others = "".join(text for name, text in files.items() if name != part.marker)
        assert not any(one in others for one in written)


def test_files_of_no_part_need_a_restart() -> None:
    files = render([view()], ENGINE).files
    assert set(needs_restart(files)) == {"configuration.xml"}


def test_hostile_names_are_in_the_store_alone_and_packed() -> None:
    hostile = view(
        users={"ada": {"first": NAME, "last": "x"}, "bob": {"first": "Bob"}},
        groups={"g": {"members": ["101"], "caller_name_prefix": NAME}},
    )
    plain = view(
        users={"ada": {"first": "Ada"}, "bob": {"first": "Bob"}}, groups={"g": {"members": ["101"]}}
    )
    bundle = render([hostile], ENGINE)
    assert bundle.files == render([plain], ENGINE).files
    for key in ("cp/acme.line.101.name", "cp/acme.group.g.prefix"):
        assert re.fullmatch(r"[A-Za-z0-9_.~%-]+", bundle.store[key])


def test_a_phone_s_password_is_kept_as_what_proves_it() -> None:
    bundle = render([view()], ENGINE)
    proof = hashlib.md5(b"acme.A1:cp.phones:pass;A1").hexdigest()
    assert f'name="a1-hash" value="{proof}"' in bundle.files["directory/acme.handsets.xml"]
    assert not any("pass;" in text for text in (*bundle.files.values(), *bundle.store.values()))


def test_other_passwords_are_escaped() -> None:
    files = render([view()], ENGINE).files
    root = document(render([view()], ENGINE))
    assert "s&#59;cret" in files["gateways/acme.xml"]
    found = root.find(".//gateway[@name='acme.uplink']/param[@name='password']")
    assert found is not None
    assert found.get("value") == "s;cret"
    password = root.find(".//configuration[@name='event_socket.conf']//param[@name='password']")
    assert password is not None
    assert password.get("value") == "engine;${x}"
    assert "${x}" not in files["configuration.xml"]


def test_a_password_that_cannot_be_held_is_named_and_not_shown() -> None:
    trunks = {"up": {"host": "192.0.2.1", "username": "a", "password": "s3cr\u0085t"}}
    with pytest.raises(Faults) as caught:
        render([view(trunks=trunks)], ENGINE)
    assert "acme/trunks/up/password" in str(caught.value)
    assert "s3cr" not in str(caught.value)


def test_a_disabled_trunk_is_nowhere() -> None:
    files = render([view(trunks={"up": {"host": "192.0.2.1", "enabled": False}})], ENGINE).files
    assert files["gateways/acme.xml"] == files["trunks/acme.xml"] == ""


def test_carriers_are_known_by_their_addresses() -> None:
    trunks = {
        "named": {"host": "sip.carrier.example"},
        "single": {"host": "192.0.2.7"},
        "several": {"host": "sip.x.example", "accept_from": ["198.51.100.0/24", "2001:db8::1"]},
    }
    text = render([view(trunks=trunks)], ENGINE).files["trunks/acme.xml"]
    assert re.findall(r'user id="(\S+)" cidr="(\S+)"', text) == [
        ("acme.several.0", "198.51.100.0/24"),
        ("acme.several.1", "2001:db8::1/128"),
        ("acme.single.0", "192.0.2.7/32"),
    ]


def test_keys_and_values_of_the_store_have_no_slash_of_their_own() -> None:
    for key, held in render([view()], ENGINE).store.items():
        assert re.fullmatch(r"cp/[^/ ]+", key)
        assert re.fullmatch(r"[^/ '\\]+", held)
    assert stored("acme", "line/103/forward/always", "line/101&+447700900123") == {
        "cp/acme.line.103.forward.always": "line.101&+447700900123"
    }


def test_a_name_longer_than_the_store_takes_is_cut() -> None:
    [name] = stored("acme", "line/101/name", "東" * 80).values()
    assert 0 < len(name) <= MOST
    assert re.fullmatch(r"(?:%[0-9A-F]{2}){3,}", name)


def joined(held: dict[str, str], first: str) -> str:
    """As the dialplan puts the parts of a list together."""
    text = held[first]
    while found := re.fullmatch(r"(.*)~([^&]+)", text):
        text = found[1] + held[f"cp/+acme.{found[2]}"]
    return text


LISTS = {
    "line/101/phones": [f"handset-{number}" for number in range(60)],
    "group/sales/members": [str(number) for number in range(1000, 1100)],
    "line/101/answering": ["2", *(f"{'r' * 38}{n}:{'f' * 40}:20" for n in range(99)), "::24"],
    "line/10100/rule/" + "r" * 40 + "/forward/unanswered": [f"handset/{'h' * 40}"] * 10,
    "line/101/also": [f"handset/{'h' * 40}:120:1"] * 20,
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_longer_than_the_store_takes_is_held_in_parts(name: str) -> None:
    whole = "&".join(LISTS[name])
    held = stored("acme", name, whole)
    assert len(held) > 1
    assert all(len(text) <= MOST and re.fullmatch(r"[^/ ]+", text) for text in held.values())
    first = f"cp/acme.{name.replace('/', '.')}"
    assert list(held)[-1] == first
    assert sorted(held)[-1] == first, "a list changes as a whole, when its first part is written"
    count = "100:" if "members" in name else ""
    assert joined(held, first) == count + whole.replace("/", ".")


def test_a_list_that_changes_has_other_parts() -> None:
    """A call that is in the midst of it goes on with the parts of the list it began."""
    numbers = [str(number) for number in range(1000, 1100)]
    before = stored("acme", "group/sales/members", "&".join(numbers))
    after = stored("acme", "group/sales/members", "&".join(numbers[:-1]))
    assert set(before) & set(after) == {"cp/acme.group.sales.members"}


def test_a_word_longer_than_the_store_takes_is_a_fault() -> None:
    with pytest.raises(Faults, match="250"):
        stored("acme", "line/101/phones", "h" * 300)


def test_gateways_and_directory_are_parts_of_their_own() -> None:
    before = render([view()], ENGINE).files
    after = render([view(trunks={"up": {"host": "192.0.2.1"}}, handsets={"Z9": {}})], ENGINE).files
    for part in (GATEWAYS, DIRECTORY, DIALPLAN):
        assert part.digest(before) != part.digest(after)


def test_a_trunk_over_tls_is_refused_unless_it_is_off() -> None:
    trunk = {"host": "192.0.2.7", "transport": "tls"}
    with pytest.raises(Faults, match="acme/trunks/up/transport") as refused:
        render([view(trunks={"up": trunk})], ENGINE)
    [found] = refused.value.diagnostics
    assert found.mend
    assert render([view(trunks={"up": {**trunk, "enabled": False}})], ENGINE)
