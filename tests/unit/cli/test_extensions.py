"""`ctl plan` of extensions that cannot be: each is refused with its reason and how to mend it."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import ACME, Place


def planned(place: Place, text: str) -> tuple[int, str]:
    file = place.folder / "acme.yaml"
    file.write_text(text)
    done = place.ctl("plan", str(file))
    return done.exit_code, done.stderr


def with_line(extension: str) -> str:
    return ACME.replace('  "102":', f'  "{extension}": {{}}\n  "102":')


@pytest.mark.proves("B5")
@pytest.mark.parametrize(
    ("extension", "said"),
    [
        ("7", "extension 7 has 1 digits, where 2 to 4 are allowed"),
        ("12345", "extension 12345 has 5 digits, where 2 to 4 are allowed"),
        ("600", "extension 600 is taken by"),
        ("101", "acme/lines/101"),
        ("999", "extension 999 is an emergency number"),
        ("112", "extension 112 is an emergency number"),
        ("1a", "is not an extension"),
    ],
)
def test_an_extension_that_cannot_be(place: Place, extension: str, said: str) -> None:
    code, told = planned(place, with_line(extension))
    assert code == 1
    assert said in told
    assert "acme.yaml:" in told


@pytest.mark.proves("B5")
def test_the_operator_may_widen_extensions(place: Place) -> None:
    wider = with_line("12345") + "extension_digits: {least: 3, most: 5}\n"
    assert planned(place, wider)[0] == 2
    assert planned(place, with_line("12") + "extension_digits: {least: 3}\n")[0] == 1
