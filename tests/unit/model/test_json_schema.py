"""The schema takes what the reader takes, and refuses what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from controlplane.diagnostics import Faults
from controlplane.model.checks.words import _BY_FIELD, _BY_PATTERN
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.schema import json_schema
from controlplane.store.yaml.reader import read

EXAMPLES = Path(__file__).parents[3] / "examples"
VALIDATOR = Draft202012Validator(json_schema())


def parsed(text: str) -> Any:
    """As an editor sees it: YAML scalars with their types, JSON keys."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())
    json.dumps(json_schema())


def test_the_example_is_valid() -> None:
    assert list(VALIDATOR.iter_errors(parsed((EXAMPLES / "acme.yaml").read_text()))) == []


LINE = "tenant: a\nlines:\n  101: "
VALID = [
    "tenant: a",
    "tenant: a\nname: 42\nlines:\nusers:\n  ada:",
    *(LINE + f"{{ring: {ring}}}" for ring in ("20", "'20'", "20s", "20 s", "4 rings", "10 rings")),
    *(LINE + f"{{voicemail: {on}}}" for on in ("on", "'on'", "off", "no", "~", "{email: a@b.cd}")),
    LINE + "{label: Reception, do_not_disturb: 'on', call_paths: '3', default_pin: 1234}",
    LINE + "{voicemail: on, forward: {always: +447700900123, unanswered: [mailbox/101]}}",
    LINE + "{forward: {offline: [+15550100, +15550101]}, also_ring: +15550100}",
    LINE + "{also_ring: [{to: +15550100, delay: 2 rings, confirm: no}], ring_own: no}",
    LINE + "{allowed: 102, blocked: [+4477*, '+447700900123', list/x], blocked_hear: message}\n"
    "number_lists: {x: {numbers: +44*}}",
    LINE + "{rules: [{name: work, when: x, ring: 9}, {name: rest, when: x, ring: 4 rings}]}"
    "\ntime_frames: {x: {calendar: GB}}",
    LINE + "{}\ntime_frames: {x: {parts: [{mon: 09:00-12:00}, {sat: 10:00-11:00}]}}",
    LINE + "{}\ngroups: {x: {members: [101], logged_out: [101], extension: 600,"
    " strategy: round-robin, wrap_up: 9}}",
    "tenant: a\nlines: {101: {}, 102: {}}\ngroups: {x: {members: [101, '102'], extension: 600}}",
    "tenant: a\ntime_frames: {x: {mon: 09:00-12:00, tue-sun: [22:00-06:00], dates: 2026-12-25}}",
    "tenant: a\ntime_frames: {x: {dates: ['2026-12-24..2026-12-26', 2027-01-01]}}",
    "tenant: a\nhandsets: {x: {mac: 00-15-65-AA-BB-CC, overrides: {volume: 7}}}",
    "tenant: a\nhandsets: {x: {keys: [line, blf/102, speed-dial/+447700900123, none]}}",
    "tenant: a\nhandsets: {x: {keys: {kind: park, to: 701, label: Park}}, y: {keys: line}}",
    "tenant: a\nprovisioning: {codecs: alaw, srtp: 'off', keys: line, no_backup: yes,"
    " overrides: {yealink/T54W: {phone_setting.backlight_time: 60}}}",
    "tenant: a\nsites: {x: {provisioning: {transport: tls, language: de, networks: 10.0.0.0/8}}}",
    "tenant: a\ntrunks: {x: {host: 192.0.2.1, register: no, accept_from: 192.0.2.0/24}}",
]
INVALID = [
    "tenant: A",
    "name: a",
    "tenant: a\nzone: UTC",
    "tenant: a\nlines: [101]",
    "tenant: a\nlines: {10a: {}}",
    "tenant: a\nnumbers: {x: {}}",
    *(LINE + f"{{ring: {ring}}}" for ring in ("0", "601", "soon", "1 rings", "11 rings", "[20]")),
    LINE + "{rnig: 20}",
    LINE + "{voicemail: maybe}",
    LINE + "{do_not_disturb: 7}",
    LINE + "{forward: {always: nobody}}",
    LINE + "{label: [a, b, c]}",
    LINE + "{default_pin: 12ab}",
    "tenant: a\ngroups: {x: {members: 101}}",
    "tenant: a\ngroups: {x: {strategy: linear-all}}",
    "tenant: a\ntime_frames: {x: {mom: 09:00-12:00}}",
    "tenant: a\ntime_frames: {x: {mon: 9-12}}",
    "tenant: a\ntime_frames: {x: {dates: tomorrow}}",
    "tenant: a\nhandsets: {x: {mac: zz}}",
    "tenant: a\nhandsets: {x: {keys: [blinking/102]}}",
    "tenant: a\nhandsets: {x: {keys: [blf/ada]}}",
    "tenant: a\nprovisioning: {codecs: [opus]}",
    "tenant: a\ntrunks: {x: {}}",
    "tenant: a\ntrunks: {x: {host: h, port: 70000}}",
]


@pytest.mark.parametrize("text", VALID)
def test_what_is_right_is_right_for_both(text: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(parsed(text))] == []
    assert read(text, "t.yaml").system.tenant == "a"


@pytest.mark.parametrize("text", INVALID)
def test_what_is_wrong_is_wrong_for_both(text: str) -> None:
    assert not VALIDATOR.is_valid(parsed(text))
    with pytest.raises(Faults):
        read(text, "t.yaml")


def _patterns(schema: Any, name: str = "") -> Iterator[tuple[str, str]]:
    match schema:
        case {"pattern": str(pattern)}:
            yield name, pattern
    match schema:
        case dict():
            for key, inner in schema.items():
                deeper = key not in ("anyOf", "items", "propertyNames", "additionalProperties")
                yield from _patterns(inner, key if deeper else name)
        case list():
            for inner in schema:
                yield from _patterns(inner, name)


def test_every_pattern_has_words_of_its_own() -> None:
    """A pattern without any would show its regular expression to the person."""
    own_validators = (
        "^\\+[1-9][0-9 ().-]",
        "^[0-9A-Fa-f]{2}([:.-]",
        "^((line|handset|group|mailbox)/",
    )
    found = set(_patterns(PhoneSystem.model_json_schema(by_alias=True)))
    assert len(found) > 10
    for name, pattern in found:
        assert name in _BY_FIELD or pattern in _BY_PATTERN or pattern.startswith(own_validators)
