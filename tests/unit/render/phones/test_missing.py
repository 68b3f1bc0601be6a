"""Every vendor is whole, and each piece that one lacks is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.render.phones.vendor_file import read_vendor
from tests.unit.render.phones.pieces import folders, missing

WHOLE = """
title = "Acme"
format = "yealink"
user_agents = []
ouis = []
check_sync = ""
restart = ""
known = []
notes = []
[[files]]
kind = "phone"
name = "a"
[families.one]
title = "One"
transports = []
srtp = []
codecs = []
keys = []
languages = []
[models]
A = { family = "one", line_keys = 1 }
"""


@pytest.mark.proves("G6", "G8", "G9")
@pytest.mark.parametrize("vendor", folders())
def test_nothing_is_missing(vendor: str) -> None:
    if found := missing(vendor):
        pytest.fail("\n".join(f"{vendor}: {it}" for it in found), pytrace=False)


def test_every_missing_piece_of_a_new_vendor_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "provisioning_templates" / "acme"
    folder.mkdir(parents=True)
    assert missing("acme", tmp_path) == ["vendor.toml is missing"]
    (folder / "stray.j2").write_text("")
    (folder / "vendor.toml").write_text(
        'title = "Acme"\nformat = "smoke"\nuser_agents = []\nouis = []\ncheck_sync = ""\n'
        'known = []\nnotes = []\n[[files]]\nkind = "phone"\nname = "a"\ntemplate = "phone.j2"\n'
        '[families.one]\ntitle = "One"\n[families.two]\n[models]\nA = { family = "one" }\n'
        'B = { family = "three", line_keys = 1 }\n'
    )
    assert missing("acme", tmp_path) == [
        "vendor.toml: restart is missing",
        *(
            f"vendor.toml: families.one: {it} is missing"
            for it in ("transports", "srtp", "codecs", "keys", "languages")
        ),
        *(
            f"vendor.toml: families.two: {it} is missing"
            for it in ("title", "transports", "srtp", "codecs", "keys", "languages")
        ),
        "vendor.toml: models: A: line_keys is missing",
        "vendor.toml: models: B: there is no family 'three'",
        "controlplane/render/phones/formats: there is no format 'smoke'",
        "vendor.toml: files: none of the kind phonebook has a template",
        "phone.j2 is missing",
        "stray.j2: no file in vendor.toml is made of it",
        "vendor.toml: models: none is of the family two",
        "vendor.toml: notes say nothing of where it is from and what is not confirmed",
    ]


def test_a_folder_without_anything_is_named(tmp_path: Path) -> None:
    (tmp_path / "provisioning_templates" / "acme").mkdir(parents=True)
    assert folders(tmp_path) == ["acme"]
    assert missing("acme", tmp_path) == ["vendor.toml is missing"]


def test_a_file_that_lacks_something_says_all_of_it_at_once() -> None:
    with pytest.raises(ValueError, match="restart is missing") as error:
        read_vendor("acme", 'title = "Acme"\n[[files]]\nkind = "phone"\n[families]\n[models]\n')
    said = str(error.value).splitlines()
    assert said[0] == "acme/vendor.toml: format is missing"
    assert said[-1] == "acme/vendor.toml: files: name of the 1. is missing"
    assert len(said) == 8


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "Invalid value"),
        (WHOLE.replace('kind = "phone"', 'kind = "phone"\nnaem = "x"'), "naem"),
        (WHOLE.replace("line_keys = 1", "line_keys = 1, keys = 2"), "keys"),
        (WHOLE.replace("user_agents = []", 'user_agents = ["("]'), "unterminated"),
    ],
)
def test_a_file_that_is_wrong_says_whose_it_is(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=rf"^acme/vendor\.toml: .*{said}"):
        read_vendor("acme", text)


def test_a_whole_file_is_a_vendor() -> None:
    assert list(read_vendor("acme", WHOLE).models) == ["A"]
