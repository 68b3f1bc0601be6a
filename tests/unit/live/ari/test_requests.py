"""ARI requests: encoded once, and nothing that could bend the wire gets through."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.live.ari import requests
from controlplane.live.ari.requests import Request, http_target, rest_request
from controlplane.live.errors import CommandRefused

HOSTILE = "a/b?c=d&e#f %41;\"'<é>${X}+,"
harmless = st.text(
    st.characters(blacklist_categories=["Cc", "Cs"]), min_size=1, max_size=50
).filter(lambda text: text not in (".", ".."))


def test_set_variable_on_the_websocket() -> None:
    request = requests.set_variable("1731.5", "OUT", 'x;"é"')
    message = json.loads(rest_request("r1", request))
    body = message.pop("message_body")
    assert message == {
        "type": "RESTRequest",
        "request_id": "r1",
        "method": "POST",
        "uri": "channels/1731.5/variable",
        "content_type": "application/json",
    }
    assert json.loads(body) == {"variable": "OUT", "value": 'x;"é"'}


def test_hangup_both_ways() -> None:
    request = requests.hangup(HOSTILE, 17)
    path = "channels/a%2Fb%3Fc%3Dd%26e%23f%20%2541%3B%22%27%3C%C3%A9%3E%24%7BX%7D%2B%2C"
    assert http_target(request) == f"{path}?reason_code=17"
    message = json.loads(rest_request("1", request))
    assert (message["method"], message["uri"]) == ("DELETE", path)
    assert message["query_strings"] == [{"name": "reason_code", "value": "17"}]


@pytest.mark.parametrize(
    ("request_", "method", "target", "body"),
    [
        (requests.ping(), "GET", "asterisk/ping", None),
        (requests.asterisk_info(), "GET", "asterisk/info", None),
        (
            requests.reload_module("res_pjsip.so"),
            "PUT",
            "asterisk/modules/res_pjsip.so",
            None,
        ),
        (requests.get_global("A"), "GET", "asterisk/variable?variable=A", None),
        (
            requests.set_global("A", ""),
            "POST",
            "asterisk/variable",
            {"variable": "A", "value": ""},
        ),
        (requests.list_channels(), "GET", "channels", None),
        (
            requests.get_variable("1", "CHANNEL(state)"),
            "GET",
            "channels/1/variable?variable=CHANNEL%28state%29",
            None,
        ),
        (
            requests.continue_in_dialplan("1", "work", "s", 3),
            "POST",
            "channels/1/continue",
            {"context": "work", "extension": "s", "priority": 3},
        ),
        (
            requests.continue_in_dialplan("1", "work", "s", label="go"),
            "POST",
            "channels/1/continue",
            {"context": "work", "extension": "s", "label": "go"},
        ),
        (requests.continue_in_dialplan("1"), "POST", "channels/1/continue", {}),
        (
            requests.user_event("flip", "ctl", {"a": "1"}),
            "POST",
            "events/user/flip?application=ctl",
            {"variables": {"a": "1"}},
        ),
        (
            requests.event_filter("ctl", ["StasisStart"]),
            "PUT",
            "applications/ctl/eventFilter",
            {"allowed": [{"type": "StasisStart"}, {"type": "RESTResponse"}]},
        ),
        (
            requests.get_config_object("res_pjsip", "aor", "1/2"),
            "GET",
            "asterisk/config/dynamic/res_pjsip/aor/1%2F2",
            None,
        ),
        (
            requests.put_config_object("res_pjsip", "aor", "1", [("max_contacts", "2")]),
            "PUT",
            "asterisk/config/dynamic/res_pjsip/aor/1",
            {"fields": [{"attribute": "max_contacts", "value": "2"}]},
        ),
    ],
)
def test_verbs(request_: Request, method: str, target: str, body: object) -> None:
    found = json.loads(request_.body) if request_.body else None
    assert (request_.method, http_target(request_), found) == (method, target, body)


@given(harmless, harmless)
def test_what_goes_in_comes_out_once_decoded(channel: str, name: str) -> None:
    request = requests.get_variable(channel, name)
    target = urlsplit(f"http://x/{http_target(request)}")
    assert unquote(target.path.split("/")[2]) == channel
    assert parse_qsl(target.query, keep_blank_values=True) == [("variable", name)]
    message = json.loads(rest_request("1", request))
    assert unquote(message["uri"].split("/")[1]) == channel
    assert message["query_strings"] == [{"name": "variable", "value": name}]


@pytest.mark.parametrize("character", ["\r", "\n", "\0", "\t", "\x7f", "\x85", "\ud800"])
def test_control_characters_are_refused_everywhere(character: str) -> None:
    bad = f"a{character}b"
    for build in (
        lambda: requests.set_variable(bad, "A", "1"),
        lambda: requests.set_variable("1", bad, "1"),
        lambda: requests.set_variable("1", "A", bad),
        lambda: requests.continue_in_dialplan("1", bad),
        lambda: requests.continue_in_dialplan("1", "a", bad),
        lambda: requests.continue_in_dialplan("1", "a", "b", label=bad),
        lambda: requests.hangup(bad),
        lambda: requests.hangup("1", bad),
        lambda: requests.get_variable("1", bad),
        lambda: requests.reload_module(bad),
        lambda: requests.user_event(bad, "ctl"),
        lambda: requests.user_event("a", bad),
        lambda: requests.user_event("a", "ctl", {bad: "1"}),
        lambda: requests.user_event("a", "ctl", {"a": bad}),
        lambda: requests.get_config_object("res_pjsip", "aor", bad),
        lambda: requests.put_config_object("res_pjsip", "aor", "1", [("a", bad)]),
        lambda: rest_request(bad, requests.ping()),
    ):
        with pytest.raises(CommandRefused) as caught:
            build()
        assert character not in str(caught.value)


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_identifiers_that_would_name_something_else(name: str) -> None:
    with pytest.raises(CommandRefused):
        requests.hangup(name)


def test_priority_and_label_exclude_each_other() -> None:
    with pytest.raises(CommandRefused):
        requests.continue_in_dialplan("1", "a", "b", 1, "go")


def test_a_message_the_engine_would_close_the_link_for() -> None:
    with pytest.raises(CommandRefused):
        rest_request("1", requests.set_global("A", "x" * 65_000))
