"""What an engine does not do is refused before anything is stored."""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.diagnostics import Faults
from controlplane.model.deployment import EngineKind
from controlplane.model.group import Strategy
from controlplane.model.handset import Handset
from controlplane.render.freeswitch.lacking import lacking as freeswitch_lacking
from controlplane.service.changes.door import Door
from controlplane.store.yaml.reader import read
from tests.unit.service.conftest import ACME, StoredPlace

OVER_TLS = ACME.replace("username: acme,", "username: acme, transport: tls,")


def door(place: StoredPlace, store: Any, kind: EngineKind) -> Door:
    engine = place.deployment.engines["asterisk"].model_copy(update={"kind": kind})
    return Door(place.deployment.model_copy(update={"engines": {"pbx": engine}}), store)


def test_a_trunk_over_tls_is_for_an_asterisk(place: StoredPlace) -> None:
    wanted = read(OVER_TLS, "acme.yaml").system
    with place.store() as store:
        assert door(place, store, EngineKind.ASTERISK).plan(wanted, "").change_set.changes
        with pytest.raises(Faults) as refused:
            door(place, store, EngineKind.FREESWITCH).plan(wanted, "")
        with pytest.raises(Faults):
            door(place, store, EngineKind.FREESWITCH).set("acme/trunks/uplink/transport", "tls")
        assert store.latest_revision() == 1
    [found] = refused.value.diagnostics
    assert found.address == "acme/trunks/uplink/transport"
    assert "FreeSWITCH" in found.message


def test_more_phones_than_a_freeswitch_rings_together(place: StoredPlace) -> None:
    system = read(ACME, "acme.yaml").system
    phones = {f"P{number}": Handset(line="101") for number in range(100)}
    few = system.model_copy(update={"handsets": {**phones, "LDN-08": Handset(line="102")}})
    many = few.model_copy(update={"handsets": {**few.handsets, "P100": Handset(line="101")}})
    assert not list(freeswitch_lacking(few.model_copy(update={"groups": {}})))
    with place.store() as store, pytest.raises(Faults) as refused:
        door(place, store, EngineKind.FREESWITCH).plan(many, "")
    assert "acme/lines/101" in {it.address for it in refused.value.diagnostics}


def test_more_phones_than_an_asterisk_rings_together(place: StoredPlace) -> None:
    handsets = [f"{'h' * 36}-{number}" for number in range(200, 260)]
    more = "".join(f"  {name}: {{site: london, line: {name[-3:]}}}\n" for name in handsets)
    lines = "".join(f'  "{name[-3:]}": {{}}\n' for name in handsets)
    members = ", ".join(name[-3:] for name in handsets)
    text = f"""tenant: acme
sites: {{london: {{}}}}
lines:
{lines}handsets:
{more}groups:
  all: {{extension: "700", members: [{members}]}}
"""
    wanted = read(text, "acme.yaml").system
    group = wanted.groups["all"].model_copy(update={"strategy": Strategy.LINEAR})
    one_by_one = wanted.model_copy(update={"groups": {"all": group}})
    with place.store() as store:
        with pytest.raises(Faults) as refused:
            door(place, store, EngineKind.ASTERISK).plan(wanted, "")
        assert door(place, store, EngineKind.ASTERISK).plan(one_by_one, "").change_set.changes
    [found] = refused.value.diagnostics
    assert found.address == "acme/groups/all/members"
    assert "60 phones" in found.message
