"""What an engine does not do is refused before anything is stored."""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.diagnostics import Faults
from controlplane.model.deployment import EngineKind
from controlplane.service.door import Door
from controlplane.store.yaml_reader import read
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
