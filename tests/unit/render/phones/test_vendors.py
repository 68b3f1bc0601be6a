"""Every vendor is whole, and what one lacks is said."""

from __future__ import annotations

import pytest

from controlplane.render.phones.catalogue import FOLDER, catalogue
from controlplane.render.phones.files import settings_of
from controlplane.render.phones.overrides import known_by
from controlplane.render.phones.vendor import Model
from controlplane.render.phones.vendor_file import read_vendor
from controlplane.service.changes.offering import values
from tests.fleet import VENDORS as PHONES
from tests.unit.render.phones.office import desk, office
from tests.unit.render.phones.pieces import ROOT, first_models

VENDORS = sorted(catalogue().vendors)
MODELS = list(catalogue().models.values())


def test_a_new_model_is_a_line_of_data() -> None:
    text = (ROOT / FOLDER / "yealink" / "vendor.toml").read_text("utf-8")
    line = 'T55W = { family = "t5", code = "000000000131", line_keys = 27 }\n'
    vendor = read_vendor("yealink", text + line)
    made = vendor.models["T55W"]
    assert (made.key, made.title, made.family.title) == ("yealink/T55W", "Yealink T55W", "T5x")
    asked = vendor.asked("y000000000131.cfg")
    assert asked is not None
    assert (asked.kind, asked.code) == ("common", made.code)
    assert catalogue().asked("y000000000131.cfg", "yealink") is None


def models_of(vendor: str) -> list[Model]:
    return [it for it in MODELS if it.vendor == vendor]


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_model_is_told_settings_that_its_vendor_knows(vendor: str) -> None:
    """So that none of them is called unknown where it is overridden."""
    found = catalogue().vendors[vendor]
    unknown = {
        model.key: [it for it in settings_of(desk(model.key)) if not known_by(found, it)]
        for model in models_of(vendor)
    }
    assert not any(unknown.values()), unknown


@pytest.mark.parametrize("vendor", [it for it in VENDORS if it != "softphone"])
def test_every_model_is_known_by_its_user_agent(vendor: str) -> None:
    """As the emulated phone says who it is, which was written apart from the catalogue; but any
    softphone says who it is in words of its own."""
    phone = PHONES[vendor]
    for model in models_of(vendor):
        made = phone(f"{phone.oui}12ab34", "http://prov.example/d/t/", model=model.name)
        seen = catalogue().seen(made.user_agent)
        assert seen is not None, model.key
        assert (seen.vendor, seen.model or model.name) == (vendor, model.name)


@pytest.mark.proves("G6")
@pytest.mark.parametrize("vendor", VENDORS)
def test_every_setting_of_a_file_can_be_overridden(vendor: str) -> None:
    for model in first_models(catalogue().vendors[vendor]):
        names = settings_of(desk(model.key))
        made = desk(model.key, handsets__LDN_01__overrides=dict.fromkeys(names, "7"))
        assert set(settings_of(made).values()) == {"7"}


@pytest.mark.parametrize("vendor", VENDORS)
def test_names_of_files_are_those_of_one_kind_and_in_their_letters(vendor: str) -> None:
    """Nothing is asked for by two kinds; a MAC address in the other letters asks for nothing."""
    found = catalogue().vendors[vendor]
    model = first_models(found)[0]
    for kind in found.files.values():
        mac = "00a859fe12cd"
        name = kind.name.format(mac=mac, MAC=mac.upper(), code=model.code, page=1, firmware="1.0")
        kinds = [it.kind for pattern, it in found.names if pattern.fullmatch(name)]
        assert kinds == [kind.kind], name
        if "{mac}" in kind.name or "{MAC}" in kind.name:
            changed = (
                name.replace(mac, mac.upper()) if mac in name else name.replace(mac.upper(), mac)
            )
            assert changed == name or catalogue().asked(changed, vendor) is None


def test_models_are_offered() -> None:
    offered = list(values(office("yealink/T54W"), "handsets", "LDN-01", "model"))
    assert offered == [model.key for model in MODELS]
