"""`ctl rules` and `ctl set`: what a line does with calls, changed; and what is refused, and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from controlplane.cli.config import Configured
from controlplane.cli.root import ctl as root
from controlplane.cli.session import Session
from tests.unit.cli.conftest import ACME, Place

FRAMES = """\
time_frames:
  office: {mon-fri: "09:00-17:30"}
  away: {dates: 2026-12-24..2026-12-26}
  always: {mon-sun: "00:00-24:00"}
number_lists:
  nuisance: {numbers: ["+33*"]}
mailboxes:
  "700": {}
  "701": {enabled: no}
"""
RULES = """rules: [
    {name: away, when: away, forward: {always: mailbox/101}},
    {name: office, when: office, ring: 30},
    {name: off, when: always, enabled: no}]"""
OFFICE = ACME.replace('"101": {user: ada,', f'"101": {{user: ada, {RULES},') + FRAMES
OFFICE = OFFICE.replace("email: [ada@acme.example]", "timezone: America/New_York, email: []")

Ctl = Callable[..., Result]


@pytest.fixture
def office(place: Place) -> Place:
    place.commit(OFFICE, day=1)
    return place


@pytest.fixture
def ctl(office: Place) -> Ctl:
    """`ctl` of a deployment that has no engine to be brought to a change."""

    def run(*args: str, exits: int = 0, author: str = "ada") -> Result:
        session = Session()
        alone = office.deployment.model_copy(update={"engines": {}})
        session.__dict__["configured"] = Configured(office.config, alone)
        env = {"CTL_AUTHOR": author}
        done = CliRunner().invoke(root, args, obj=session, env=env, prog_name="ctl")
        assert done.exit_code == exits, done.output
        assert "Traceback" not in done.output
        return done

    return run


def stored(office: Place, extension: str = "101") -> dict[str, Any]:
    with office.store() as store:
        return store.object_at(f"acme/lines/{extension}")[1] or {}


def order(office: Place) -> list[str]:
    return [rule["name"] for rule in stored(office)["rules"]]


def listed(ctl: Ctl, at: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        ctl("rules", "list", "acme/101", "--at", at, "-o", "json").stdout
    )
    return found


@pytest.mark.proves("E2")
@pytest.mark.parametrize(
    ("at", "active"),
    [
        ("2026-12-25 10:00", "away"),
        ("2026-12-28 09:00", "office"),
        ("2026-12-28 08:59", "default"),
        ("2026-12-28T14:00+00:00", "office"),
        ("2026-12-28T13:59+00:00", "default"),
    ],
)
def test_the_active_rule_carries_a_badge_by_the_clock_of_the_user(
    ctl: Ctl, at: str, active: str
) -> None:
    found = listed(ctl, at)
    assert [it["name"] for it in found["rules"]] == ["away", "office", "off", "default"]
    assert [it["name"] for it in found["rules"] if it["active"]] == [active]
    assert found["timezone"] == "America/New_York"
    rows = ctl("rules", "list", "acme/101", "--at", at).stdout.splitlines()
    [badged] = [row for row in rows if row.startswith("active ")]
    assert badged.split()[1] == active
    assert "(America/New_York), revision 2" in rows[-1]


def test_a_badge_says_when_do_not_disturb_overrules_it(ctl: Ctl) -> None:
    assert not listed(ctl, "")["overruled"]
    ctl("set", "acme/lines/101/do_not_disturb", "yes")
    assert listed(ctl, "")["overruled"]
    assert "wins over every rule" in ctl("rules", "list", "acme/lines/101").stdout


def test_each_rule_says_why_it_is_active_or_not(ctl: Ctl) -> None:
    def why(rule: str) -> str:
        at = ("--at", "2026-12-28 10:00")
        return ctl("rules", "show", "acme/101", rule, *at).stdout.splitlines()[-1]

    assert why("away") == "not active: away does not hold now"
    assert why("office") == "active, as office holds now"
    assert why("off") == "not active: it is disabled"
    assert why("default") == "not active: a rule before it is"
    refused = ctl("rules", "show", "acme/101", "ofice", exits=1)
    assert "there are away, office, off, default" in refused.stderr


def test_a_rule_is_added_where_it_is_wanted(ctl: Ctl, office: Place) -> None:
    settings = ("ring=4 rings", "also_ring=[line/102, {to: '+447700900123', delay: 10s}]")
    ctl("rules", "add", "acme/101", "late", "--when", "always", *settings)
    ctl("rules", "add", "acme/101", "lunch", "--when", "office", "--before", "off", "--disabled")
    ctl("rules", "add", "acme/101", "top", "--when", "office", "--first", "forward/busy=null")
    assert order(office) == ["top", "away", "office", "lunch", "off", "late"]
    late = stored(office)["rules"][-1]
    assert late["ring"] == 24
    assert late["also_ring"] == [{"to": "line/102"}, {"to": "+447700900123", "delay": 10}]
    assert stored(office)["rules"][3]["enabled"] is False


@pytest.mark.parametrize(
    ("rule", "to", "wanted"),
    [
        ("off", ("--first",), "off away office"),
        ("away", ("--last",), "office off away"),
        ("away", ("--after", "office"), "office away off"),
        ("off", ("--before", "office"), "away off office"),
        ("away", ("--before", "default"), "office off away"),
    ],
)
def test_a_rule_is_moved(
    ctl: Ctl, office: Place, rule: str, to: tuple[str, ...], wanted: str
) -> None:
    before = stored(office)
    ctl("rules", "move", "acme/101", rule, *to)
    after = stored(office)
    assert " ".join(order(office)) == wanted
    assert sorted(after["rules"], key=str) == sorted(before["rules"], key=str)


def test_all_rules_are_put_in_order_at_once_or_not_at_all(ctl: Ctl, office: Place) -> None:
    before = stored(office)
    for names, why in {
        ("off", "away"): "this is no order of all the rules (name each once: away, office, off)",
        ("off", "away", "off"): "this is no order of all the rules",
        ("off", "away", "office", "office"): "this is no order of all the rules",
        ("off", "away", "ofice"): "there is no 'ofice' (did you mean 'office'?)",
        ("default", "off", "away", "office"): "always holds and comes last",
    }.items():
        assert why in ctl("rules", "reorder", "acme/101", *names, exits=1).stderr
    assert stored(office) == before
    seen = str(listed(ctl, "")["revision"])
    ctl("rules", "reorder", "acme/101", "off", "away", "office", "default", "--seen", seen)
    assert order(office) == ["off", "away", "office"]
    late = ("rules", "reorder", "acme/101", "office", "off", "away", "--seen", seen)
    assert "was changed by ada meanwhile" in ctl(*late, exits=1).stderr
    assert order(office) == ["off", "away", "office"]


def test_who_reorders_what_another_reordered_since_is_refused(ctl: Ctl, office: Place) -> None:
    seen = str(listed(ctl, "")["revision"])
    ctl("rules", "move", "acme/101", "off", "--first", "--seen", seen, author="bob")
    refused = ctl("rules", "move", "acme/101", "office", "--first", "--seen", seen, exits=1)
    assert "acme/lines/101: error: was changed by bob meanwhile (20" in refused.stderr
    assert order(office) == ["off", "away", "office"]


@pytest.mark.proves("E4")
def test_the_default_rule_stays_and_stays_last(ctl: Ctl, office: Place) -> None:
    before = stored(office)
    for args, why in {
        ("delete", "acme/101", "default", "--yes"): "the default rule cannot be deleted",
        ("move", "acme/101", "default", "--first"): "always holds and comes last",
        ("move", "acme/101", "away", "--after", "default"): "always holds and comes last",
        ("disable", "acme/101", "default"): "is always enabled",
        ("edit", "acme/101", "default", "when=office"): "always holds, is enabled and comes last",
        ("add", "acme/101", "default", "--when", "office"): "there is a rule 'default' already",
        ("edit", "acme/101", "away", "name=default"): "the settings of line 101 itself are called",
    }.items():
        assert why in ctl("rules", *args, exits=1).stderr, args
    assert stored(office) == before


@pytest.mark.proves("E4")
def test_deleting_a_rule_asks_first(
    ctl: Ctl, office: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = ctl("rules", "delete", "acme/101", "away", exits=1)
    assert "nobody could be asked" in refused.stderr
    asked: list[str] = []

    def confirm(question: str, **_: Any) -> bool:
        asked.append(question)
        return True

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("controlplane.cli.outcome.sys", type("S", (), {"stdin": Terminal()}))
    monkeypatch.setattr("click.confirm", confirm)
    ctl("rules", "delete", "acme/101", "away")
    assert asked == ["Delete rule away of acme/lines/101?"]
    ctl("rules", "delete", "acme/101", "off", "--yes")
    assert order(office) == ["office"]
    assert "there is no 'off'" in ctl("rules", "delete", "acme/101", "off", "-y", exits=1).stderr


@pytest.mark.proves("E1")
def test_a_rule_is_edited_disabled_and_renamed(ctl: Ctl, office: Place) -> None:
    ctl("rules", "edit", "acme/101", "office", "ring=null", "screening=yes", "when=always")
    ctl("rules", "disable", "acme/101", "office")
    assert stored(office)["rules"][1] == {
        "name": "office", "when": "always", "screening": True, "enabled": False,
    }  # fmt: skip
    ctl("rules", "enable", "acme/101", "office")
    ctl("rules", "edit", "acme/101", "office", "name=work")
    assert stored(office)["rules"][1] == {"name": "work", "when": "always", "screening": True}
    ctl("set", "acme/lines/101/rules/work/forward/unanswered", "line/102")
    assert ctl("get", "acme/lines/101/rules/work/forward/unanswered").stdout == "line/102\n"


@pytest.mark.proves("D3")
def test_forward_when_busy_and_call_waiting_exclude_each_other(ctl: Ctl, office: Place) -> None:
    why = "line 101 has both a forward when busy and call waiting"
    forward = ("acme/lines/101/forward/busy", "line/102")
    assert why in ctl("set", *forward, exits=1).stderr
    ctl("set", "acme/lines/101", "call_waiting=no", "forward/busy=line/102")
    refused = ctl("set", "acme/lines/101/call_waiting", "yes", exits=1)
    assert f"{why} (set call_waiting: no, or remove forward.busy)" in refused.stderr
    ctl("rules", "edit", "acme/101", "default", "call_waiting=yes", "forward/busy=null")
    assert why in ctl("rules", "edit", "acme/101", "office", "forward/busy=line/102",
                      exits=1).stderr  # fmt: skip
    assert "forward" not in stored(office)


@pytest.mark.proves("D4")
def test_forwarding_is_refused_while_the_authorisation_code_is_on(ctl: Ctl, office: Place) -> None:
    why = "cannot forward while its authorisation code is on"
    assert why in ctl("set", "acme/lines/101/authorisation_code", "yes", exits=1).stderr
    ctl("rules", "delete", "acme/101", "away", "--yes")
    ctl("set", "acme/lines/101/authorisation_code", "yes")
    assert why in ctl("set", "acme/lines/101/forward/always", "line/102", exits=1).stderr
    refused = ctl("rules", "edit", "acme/101", "office", "forward/offline=line/102", exits=1)
    assert why in refused.stderr
    assert "forward" not in json.dumps(stored(office))


@pytest.mark.proves("D1")
@pytest.mark.parametrize(("written", "seconds"), [("2 rings", 12), ("10 rings", 60), ("17s", 17)])
def test_a_ring_time_is_rings_or_seconds(
    ctl: Ctl, office: Place, written: str, seconds: int
) -> None:
    ctl("set", "acme/lines/101/ring", written)
    ctl("rules", "edit", "acme/101", "office", f"ring={written}")
    assert (stored(office)["ring"], stored(office)["rules"][1]["ring"]) == (seconds, seconds)
    for wrong in ("1 ring", "11 rings"):
        assert "2 to 10 rings" in ctl("set", "acme/lines/101/ring", wrong, exits=1).stderr
    ctl("set", "acme/lines/101/ring", "null")
    assert ctl("get", "acme/lines/101/ring").stdout == "24\n", "four rings of six seconds"


@pytest.mark.proves("E9")
def test_numbers_join_and_leave_a_list(ctl: Ctl, office: Place) -> None:
    at = "acme/lines/101/blocked"
    ctl("set", at, "--add", "+447700900999", "--add", "list/nuisance", "--add", "+4487*")
    ctl("set", at, "--add", "+447700900999", "--remove", "list/nuisance", "--add", "102")
    assert stored(office)["blocked"] == ["+447700900999", "+4487*", "102"]
    for args, why in {
        ("--remove", "+447700900998"): "'+447700900998' is not in it (did you mean",
        ("--add", "list/none"): "there is no number list 'none'",
        ("--add", "hello"): "is not a caller",
    }.items():
        assert why in ctl("set", at, *args, exits=1).stderr
    ctl("set", at, "--remove", "+447700900999", "--remove", "+4487*", "--remove", "102")
    assert "blocked" not in stored(office)


@pytest.mark.proves("D9", "D10")
def test_only_an_active_number_of_the_site_is_presented(ctl: Ctl, office: Place) -> None:
    numbers = """numbers:
  "+442071838751": {site: london, to: line/101}
  "+442071838752": {site: london, status: reserved}
  "+33140000001": {site: paris, to: line/101}
"""
    sites = 'sites:\n  paris: {main_number: "+33140000001"}\n'
    text = OFFICE.replace("numbers:\n", numbers, 1).replace("sites:\n", sites, 1)
    office.commit(text.replace("user: ada, ", "user: ada, site: london, "), day=2)
    at = "acme/lines/101/presented_number"
    for number in ("+442071838751", "+442071838750"):
        ctl("set", at, number)
        assert stored(office)["presented_number"] == number
    for number, why in {
        "+442071838752": "only an active number can be presented",
        "+33140000001": "belongs to site paris, and line 101 to site london",
        "+442071838799": "is none of the tenant's numbers",
    }.items():
        assert why in ctl("set", at, number, exits=1).stderr
    ctl("set", "acme/lines/101", "hide_caller_id=yes", "presented_number=null")
    assert "presented_number" not in stored(office)


def test_several_settings_change_together_or_not_at_all(ctl: Ctl, office: Place) -> None:
    before = stored(office)
    refused = ctl("set", "acme/lines/101", "ring=3 rings", "call_paths=many", exits=1)
    assert "acme/lines/101/call_paths" in refused.stderr
    assert stored(office) == before
    assert "sets nothing" in ctl("set", "acme/lines/101", "yes", exits=1).stderr
    ctl("set", "acme/lines/101", exits=64)
    ctl("set", "acme/lines/101/ring", "1", "2", exits=64)
    ctl("set", "acme/lines/101/ring", "--add", "2", exits=1)
    ctl("set", "acme/lines/101/rules/none/ring", "2", exits=1)
    ctl("rules", "move", "acme/101", "away", exits=64)
    ctl("rules", "move", "acme/101", "away", "--first", "--last", exits=64)
    assert stored(office) == before


def completed(office: Place, typed: str, words: tuple[str, ...]) -> list[str]:
    """As zsh asks: every word as it is typed, the last one begun."""
    env = {
        "_CTL_COMPLETE": "zsh_complete",
        "COMP_WORDS": " ".join(["ctl", *typed.split(), *words]),
        "COMP_CWORD": str(len(typed.split()) + len(words)),
        "CONTROLPLANE_CONFIG": str(office.config),
    }
    return CliRunner(env=env).invoke(root, [], prog_name="ctl").stdout.split("\n")[1::3]


@pytest.mark.proves("E11")
def test_only_what_exists_is_offered(office: Place) -> None:
    offered = completed(office, "rules edit acme/101 office", ("forward/always=",))
    assert {it.partition("=")[2] for it in offered} == {
        *("line/102", "handset/LDN-07", "handset/LDN-08"),
        *("mailbox/101", "mailbox/700", "group/sales"),
    }
    assert completed(office, "rules edit acme/101 office", ("forward/always=m",)) == [
        "forward/always=mailbox/101",
        "forward/always=mailbox/700",
    ]
    assert completed(office, "set acme/lines/101/forward/busy", ("line/",)) == ["line/102"]
    beside = completed(office, "set acme/lines/101/also_ring --add", ("",))
    assert sorted(beside) == ["handset/LDN-07", "handset/LDN-08", "line/102"]
    assert "group/sales" not in completed(office, "set acme/groups/sales/overflow", ("",))
    operators = completed(office, "set acme/lines/101/voicemail/operator", ("mailbox/",))
    assert operators == ["mailbox/700"]
    assert completed(office, "set acme/lines/101/presented_number", ("+",)) == ["+442071838750"]
    assert completed(office, "set acme/lines/101/blocked --add", ("l",)) == ["list/nuisance"]
    assert completed(office, "rules move acme/101", ("of",)) == ["office", "off"]
    assert completed(office, "rules move acme/101 away --after", ("of",)) == ["office", "off"]
    assert completed(office, "rules add acme/101 x --when", ("a",)) == ["always", "away"]
    assert "forward/busy=" in completed(office, "set acme/lines/101", ("forward",))
    assert completed(office, "rules list", ("acme/10",)) == ["acme/101", "acme/102"]
    assert completed(office, "set acme/lines/101/blocked_hear", ("",)) == ["fast-busy", "message"]


def test_bash_takes_the_equals_sign_for_the_end_of_a_word(office: Place) -> None:
    typed = "ctl rules edit acme/101 office forward/busy = line/"
    env = {
        "_CTL_COMPLETE": "bash_complete",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
        "CONTROLPLANE_CONFIG": str(office.config),
    }
    assert office.process(env=env).stdout == "plain,line/102\n"


def test_help_is_there_for_each() -> None:
    for name in ("list", "show", "add", "edit", "enable", "disable", "move", "reorder", "delete"):
        done = CliRunner().invoke(root, ["rules", name, "--help"], prog_name="ctl")
        assert done.exit_code == 0
        assert "LINE" in done.output
