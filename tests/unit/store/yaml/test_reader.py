"""Every fault of a tenant's file, with its line, its address and how to mend it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.diagnostics import Faults, Severity
from controlplane.store.yaml.reader import Reading, read, read_file

ACME = Path(__file__).parents[4] / "examples" / "acme.yaml"


def faults(text: str) -> list[tuple[int, str, str, str]]:
    """(line, address, message, mend) of every error and warning."""
    try:
        found = read(text, "t.yaml").warnings
    except Faults as error:
        found = error.diagnostics
    assert all(item.source and item.source.file == "t.yaml" for item in found)
    return [
        (item.source.line if item.source else 0, item.address, item.message, item.mend)
        for item in found
    ]


def test_the_example_has_neither_fault_nor_warning() -> None:
    reading = read_file(ACME)
    assert reading.warnings == ()
    system = reading.system
    assert (system.tenant, system.settings.timezone) == ("acme", "Europe/London")
    assert system.lines["101"].ring == 18
    assert system.lines["160"].label == ("Meeting room",)
    assert system.handsets["LDN-01"].sip_password is None
    assert system.groups["sales"].members == ("101", "102", "150")
    assert str(system.lines["103"].forward.offline[0]) == "mailbox/103"


def test_scalars_mean_what_they_look_like() -> None:
    system = read(
        """
tenant: acme
name: NO
timezone: ~
lines:
  0123: {user: ~, label: [on, 1e3], default_pin: 0123, voicemail: Off}
  "102":
time_frames: {office: {mon-fri: 09:00-17:30, dates: 2026-12-24..2026-12-26}}
""".replace("timezone: ~\n", ""),
        "t.yaml",
    ).system
    line = system.lines["0123"]
    assert (line.user, line.label, line.default_pin, line.voicemail) == (
        None,
        ("on", "1e3"),
        "0123",
        None,
    )
    assert system.settings.name == "NO"
    assert system.lines["102"].ring == 24
    assert system.time_frames["office"].weekly == {"mon-fri": ("09:00-17:30",)}
    assert system.time_frames["office"].dates[0].last.day == 26


def test_anchors_aliases_and_merges() -> None:
    system = read(
        """
tenant: acme
lines:
  "101": &usual {ring: 30s, voicemail: on}
  "102": *usual
  "103": {<<: *usual, ring: 12s}
""",
        "t.yaml",
    ).system
    assert system.lines["102"] == system.lines["101"]
    assert system.lines["103"].ring == 12
    assert system.lines["103"].mailbox is not None


FAULTS = {
    "unknown setting": (
        "tenant: a\nlines:\n  '101':\n    user_: x",
        (4, "a/lines/101/user_", "unknown key 'user_'", "did you mean 'user'?"),
    ),
    "unknown top-level key": (
        "tenant: a\ntimezon: UTC",
        (2, "a/timezon", "unknown key 'timezon'", "did you mean 'timezone'?"),
    ),
    "unknown collection": (
        "tenant: a\nline: {}",
        (2, "a/line", "unknown key 'line'", "did you mean 'lines'?"),
    ),
    "unknown nested key": (
        "tenant: a\nlines:\n  '101':\n    forward:\n      alwys: line/1",
        (5, "a/lines/101/forward/alwys", "unknown key 'alwys'", "did you mean 'always'?"),
    ),
    "no key is near": (
        "tenant: a\nmailboxes:\n  '101': {zzz: 1}",
        (
            3,
            "a/mailboxes/101/zzz",
            "unknown key 'zzz'",
            "the keys here are enabled, email, notify, after_mail, newest_first, announce_time, "
            "announce_caller, operator, limits",
        ),
    ),
    "weekday": (
        "tenant: a\ntime_frames:\n  office: {mom: 09:00-17:00}",
        (3, "a/time_frames/office/mom", "unknown key 'mom'", "did you mean 'mon'?"),
    ),
    "hours": (
        "tenant: a\ntime_frames:\n  office:\n    mon: 9-5",
        (
            4,
            "a/time_frames/office/mon",
            "'9-5' is not a span of hours",
            "write 09:00-17:30",
        ),
    ),
    "date": (
        "tenant: a\ntime_frames:\n  office:\n    dates:\n    - 2026-12-25\n    - tomorrow",
        (
            6,
            "a/time_frames/office/dates/1",
            "'tomorrow' is not a date",
            "write 2026-12-25 or 2026-12-24..2026-12-26",
        ),
    ),
    "dates backwards": (
        "tenant: a\ntime_frames:\n  office: {dates: 2026-12-26..2026-12-24}",
        (
            3,
            "a/time_frames/office/dates",
            "dates is a span that ends before it starts (2026-12-26..2026-12-24)",
            "write the earlier day first",
        ),
    ),
    "whole number": (
        "tenant: a\nlines:\n  '101': {call_paths: many}",
        (
            3,
            "a/lines/101/call_paths",
            "'many' is not a whole number",
            "write digits, as 20",
        ),
    ),
    "ring": (
        "tenant: a\nlines:\n  '101': {ring: soon}",
        (
            3,
            "a/lines/101/ring",
            "'soon' is not a time to ring",
            "write seconds as 20 or 20s, or rings as 4 rings",
        ),
    ),
    "too large": (
        "tenant: a\nlines:\n  '101': {ring: 601s}",
        (3, "a/lines/101/ring", "'601s' is too large", "write 600 or less"),
    ),
    "switch": (
        "tenant: a\nlines:\n  '101': {do_not_disturb: perhaps}",
        (
            3,
            "a/lines/101/do_not_disturb",
            "'perhaps' is neither yes nor no",
            "write yes or no",
        ),
    ),
    "voicemail": (
        "tenant: a\nlines:\n  '101': {voicemail: perhaps}",
        (
            3,
            "a/lines/101/voicemail",
            "'perhaps' is neither on nor off",
            "write on, off, or {email: ADDRESS}",
        ),
    ),
    "choice": (
        "tenant: a\nusers:\n  ada: {licence: data}",
        (
            3,
            "a/users/ada/licence",
            "'data' is not one of its values",
            "write 'voice' or 'admin'",
        ),
    ),
    "empty": (
        "tenant: a\nlines:\n  '101':\n    ring:",
        (4, "a/lines/101/ring", "ring is empty", "write a value, or leave the key out"),
    ),
    "missing": (
        "tenant: a\ntrunks:\n  up: {}",
        (3, "a/trunks/up/host", "host is missing", "add host: …"),
    ),
    "not a mapping": (
        "tenant: a\nlines:\n  '101': text",
        (
            3,
            "a/lines/101",
            "'text' is not a group of settings",
            "write its settings as key: value under it",
        ),
    ),
    "not a list": (
        "tenant: a\ngroups:\n  sales: {members: {a: b}}",
        (3, "a/groups/sales/members", "members is not a list", "write [one, two]"),
    ),
    "not a collection": (
        "tenant: a\nlines: [1]",
        (
            2,
            "a/lines",
            "lines is not a group of entries",
            "write its entries under it, each as KEY: {setting: value}",
        ),
    ),
    "destination": (
        "tenant: a\nnumbers:\n  '+442071838750': {to: sales}",
        (
            3,
            "a/numbers/+442071838750/to",
            "'sales' is not a destination",
            "write line/EXTENSION, group/NAME, mailbox/EXTENSION, handset/NAME "
            "or a number as +442071838750",
        ),
    ),
    "extension as key": (
        "tenant: a\nlines:\n  10a: {}",
        (3, "a/lines/10a", "'10a' is not an extension", "write digits only, as 101"),
    ),
    "number as key": (
        "tenant: a\nnumbers:\n  02071838750: {}",
        (
            3,
            "a/numbers/02071838750",
            "'02071838750' is not an E.164 number",
            "write + and the country code, as +442071838750",
        ),
    ),
    "number in two spellings": (
        "tenant: a\nnumbers:\n  +44 2071838750: {to: line/1}\n  '+442071838750': {}",
        (
            4,
            "a/numbers/+442071838750",
            "+442071838750 is here twice, in two spellings",
            "keep one of the two",
        ),
    ),
    "duplicate key": (
        "tenant: a\nlines:\n  '101': {ring: 20s}\n\n  101: {}",
        (5, "a/lines/101", "the key '101' is here twice", "line 3 has it already: keep one"),
    ),
    "duplicate setting": (
        "tenant: a\nname: A\nname: B",
        (3, "a/settings/name", "the key 'name' is here twice", "line 2 has it already: keep one"),
    ),
    "tenant": (
        "tenant: A b",
        (
            1,
            "tenant",
            "'A b' is not a tenant's key",
            "write up to 31 small letters, digits and -, starting with a letter or digit",
        ),
    ),
    "no tenant": ("name: A", (1, "", "tenant is missing", "start the file with tenant: NAME")),
    "empty file": ("# nothing\n", (1, "", "the file is empty", "start it with tenant: NAME")),
    "list": ("- a", (1, "", "the file is a list", "start it with tenant: NAME")),
    "tab": (
        "tenant: a\nlines:\n\t'101': {}",
        (3, "", "a tab indents this line", "indent with spaces"),
    ),
    "open bracket": (
        "tenant: a\ngroups:\n  sales: {members: [101, 102\n  other: {}",
        (
            3,
            "",
            "this [ is not closed, or a comma is missing after it",
            "close it with ], and put commas between its items",
        ),
    ),
    "open quote": (
        "tenant: a\nname: 'Acme\nlines: {}",
        (2, "", "this quote is never closed", "close the quote"),
    ),
    "colon": (
        "tenant: a\nname: Acme: the company",
        (
            2,
            "",
            "a value does not fit here: a colon and a space",
            "put a value that holds ': ' in quotes, or mend the indentation",
        ),
    ),
    "two documents": (
        "tenant: a\n---\ntenant: b",
        (2, "", "a second document starts here", "remove the ---, and keep one tenant in a file"),
    ),
    "alias": (
        "tenant: a\nlines:\n  '101': *usual",
        (3, "a/lines/101", "there is no anchor &usual before this", "define it first"),
    ),
    "tag": (
        "tenant: a\nname: !!python/object:os.system x",
        (
            2,
            "a/settings/name",
            "the tag '!!python/object:os.system' means nothing here",
            "remove it",
        ),
    ),
    "control character": (
        "tenant: a\nname: é\x1b[2J",
        (2, "", "the character U+001B cannot stand in the file", "remove it"),
    ),
    "escaped control character": (
        'tenant: a\nlines:\n  "101": {label: "a\\nb"}',
        (
            3,
            "a/lines/101/label",
            "'a\\nb' holds a control character or line break",
            "leave it out",
        ),
    ),
    "hostile key": (
        'tenant: a\nlines:\n  "1\\e[2J\\u202e": {}',
        (
            3,
            "a/lines/1\\x1b[2J\\u202e",
            "'1\\x1b[2J\\u202e' is not an extension",
            "write digits only, as 101",
        ),
    ),
    "key of a list": (
        "tenant: a\n? [b]\n: c",
        (
            2,
            "",
            "a key is a list or a mapping",
            "write a plain key; a value that starts with { or [ needs quotes",
        ),
    ),
    "depth": ("[" * 100_000, (1, "", "is nested more than 32 deep", "flatten it")),
}


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_says_where_what_and_how(text: str, expected: tuple[int, str, str, str]) -> None:
    assert faults(text) == [expected]


def test_all_faults_come_in_one_run_and_in_order() -> None:
    found = faults(
        """tenant: acme
timezone: Europe/Londn
users:
  ada: {frist: Ada}
lines:
  "101": {user: ada, ring: abc}
  "102": {user: bob, ring: 1000, call_paths: x}
  "103": {user: bob}
  "999": {}
groups:
  sales: {members: [101, 108], extension: "103"}
"""
    )
    assert [(line, address) for line, address, *_ in found] == [
        (2, "acme/settings/timezone"),
        (4, "acme/users/ada/frist"),
        (6, "acme/lines/101/ring"),
        (7, "acme/lines/102/ring"),
        (7, "acme/lines/102/call_paths"),
        (8, "acme/lines/103/user"),
        (9, "acme/lines/999"),
        (11, "acme/groups/sales/members/1"),
        (11, "acme/groups/sales/extension"),
    ]


def test_a_secret_is_never_repeated() -> None:
    text = "tenant: a\ntrunks:\n  up: {host: h, password: [hunter2]}\n"
    text += "lines: {'101': {default_pin: hunter2}}"
    found = faults(text)
    assert len(found) == 2
    assert "hunter2" not in str(found)


def test_aliases_that_multiply_are_refused() -> None:
    names = "abcdefgh"
    lines = ["tenant: &a [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"{n}: &{n} [{','.join('*' + m for _ in range(10))}]" for m, n in pairwise(names)]
    assert "multiply" in faults("\n".join(lines))[0][2]


def test_a_warning_does_not_stop() -> None:
    reading = read("tenant: a\nnumbers:\n  +442071838750: {}", "t.yaml")
    (warning,) = reading.warnings
    assert warning.severity is Severity.WARNING
    assert str(warning) == (
        "t.yaml:3: a/numbers/+442071838750: warning: +442071838750 is active and leads nowhere "
        "(write to: with its destination, or status: reserved)"
    )


def test_every_address_has_a_source() -> None:
    reading = read_file(ACME)
    lines = ACME.read_text().split("\n")
    for address, text in {
        "acme/settings/timezone": "timezone: Europe/London",
        "acme/lines/101/voicemail/email": '  "101": {user: ada',
        "acme/sites/leeds/emergency_caller_id": '    emergency_caller_id: "+441134960101"',
        "acme/numbers/+442071838751/to": '  "+442071838751"',
        "acme/lines/150/unwritten": '  "150"',
        "acme/groups/sales/members/1": "    members:",
        "acme/mailboxes": "mailboxes:",
    }.items():
        assert lines[reading.source(address).line - 1].startswith(text)


def test_a_number_written_with_spaces_is_found() -> None:
    reading = read(
        "tenant: a\nnumbers:\n\n  +44 20 7183 8750:\n    to: line/10\nlines: {'10': {}}",
        "t",
    )
    assert reading.source("a/numbers/+442071838750/to").line == 5


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    text = "\ufefftenant: a\r\nlines:\r\n  '101': {}\r\n  '10x': {}\r\n"
    assert [fault[0] for fault in faults(text)] == [4]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Faults, match=r"cannot read .*: No such file or directory"):
        read_file(tmp_path / "none.yaml")
    with pytest.raises(Faults, match=r"cannot read .*: Is a directory"):
        read_file(tmp_path)
    broken = tmp_path / "latin1.yaml"
    broken.write_bytes(b"tenant: a\nname: caf\xe9\n")
    with pytest.raises(Faults, match=r"latin1\.yaml:2: error: is not UTF-8 text"):
        read_file(broken)


_WORDS = st.sampled_from(
    [
        *(
            "tenant: a",
            "lines:",
            "users:",
            "numbers:",
            "groups:",
            "time_frames:",
            "  '101':",
            "  x: ",
        ),
        *("{", "}", "[", "]", ",", ": ", "- ", "&a ", "*a", "!t ", "<<: ", "|", ">", "'", '"', "#"),
        *("\n", "\n  ", "\n    ", "~", "101", "ring", "voicemail", "forward", "always", "\t", "\r"),
        *("? ", "---\n", "...", "%", "@", "\\", "\x00", "\u2028", "\ud800", "é", "\U0001f4de"),
    ]
)


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(_WORDS).map("".join)))
def test_arbitrary_text_is_read_or_refused(text: str) -> None:
    try:
        reading = read(text, "t.yaml")
    except Faults as error:
        for item in error.diagnostics:
            assert str(item).isprintable()
            assert item.source
            assert item.source.line <= len(text.splitlines()) + 1
    else:
        assert isinstance(reading, Reading)
