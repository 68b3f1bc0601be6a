"""The sipp scenario of a phone or carrier that is called: one file a behaviour, for all phones."""

from __future__ import annotations

from typing import assert_never

from tests.phones.behaviour import Answers, Rejects, RingsOut, Served, Silent
from tests.phones.scenario import (
    ALLOW,
    SDP,
    label,
    milliseconds,
    recv,
    reply,
    scenario,
    send,
    talk,
)

TAG = ";tag=[pid]c[call_number]"
CONTACT = "Contact: <sip:[local_ip]:[local_port]>"
ECHO_SDP = SDP.format(port="[media_port]")
TONE_SDP = SDP.format(port="[rtpstream_audio_port]")
ABANDONED_MS = 300_000
REASONS = {
    404: "Not Found",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    503: "Service Unavailable",
    603: "Decline",
}
# The response to an INVITE is built from what the INVITE carried, not from the message received
# last, which may be a CANCEL.
KEPT = (
    ("Via", ".*", "via"),
    ("From", ".*", "from"),
    ("To", ".*", "to"),
    ("CSeq", ".*", "cseq"),
    ("Contact", "sips?:[^>]+", "target"),
)


def _answer_invite(status: str, *extra: str, body: str = "", retrans: bool = False) -> str:
    headers = [
        "Via:[$via]",
        "[last_Record-Route:]",
        "From:[$from]",
        f"To:[$to]{TAG}",
        "Call-ID: [call_id]",
        "CSeq:[$cseq]",
    ]
    return send(f"SIP/2.0 {status}", [*headers, *extra], body, retrans=retrans)


def _ring(seconds: float | None, then: str) -> list[str]:
    limit = ABANDONED_MS if seconds is None else milliseconds(seconds)
    return [
        _answer_invite("180 Ringing", CONTACT),
        recv(request="CANCEL", limit=(limit, then), next_="cancelled"),
    ]


def _in_dialog(method: str, cseq: int, *extra: str, body: str = "") -> str:
    headers = [
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        f"From:[$to]{TAG}",
        "To:[$from]",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        "Max-Forwards: 70",
    ]
    return send(f"{method} [$target] SIP/2.0", [*headers, *extra], body, retrans=True)


def _presses(behaviour: Answers) -> list[str]:
    lines: list[str] = []
    for number, digit in enumerate(behaviour.presses, 1):
        wait = behaviour.presses_after
        lines += talk(f"talk{number}", ECHO_SDP, seconds=wait, then=f"press{number}")
        lines += [
            label(f"press{number}"),
            _in_dialog(
                "INFO",
                number,
                "Content-Type: application/dtmf-relay",
                body=f"Signal={digit}\nDuration=160\n",
            ),
            recv(request="BYE", optional=True, next_="ended"),
            *(recv(response=code, optional=True) for code in (415, 481, 500, 501)),
            recv(response=200, limit=(2_000, f"pressed{number}")),
            label(f"pressed{number}"),
        ]
    return lines


def _answers(behaviour: Answers, tone: str) -> list[str]:
    play = f'<nop><action><exec rtp_stream="{tone},-1,0"/></action></nop>'
    return [
        *_ring(behaviour.after, "answer"),
        label("answer"),
        _answer_invite("200 OK", CONTACT, ALLOW, body=TONE_SDP if tone else ECHO_SDP, retrans=True),
        label("wait-ack"),
        recv(request="CANCEL", optional=True, next_="late-cancel"),
        recv(request="ACK", next_="sound"),
        label("late-cancel"),
        reply("200 OK", next_="wait-ack"),
        label("sound"),
        *([play] if tone else []),
        *_presses(behaviour),
        *talk("talk", ECHO_SDP, seconds=behaviour.hangs_up_after, then="hang-up"),
        label("hang-up"),
        _in_dialog("BYE", 1 + len(behaviour.presses)),
        recv(request="BYE", optional=True, next_="ended"),
        recv(response=481, optional=True, next_="end"),
        recv(response=200, next_="end"),
    ]


def _rejects(behaviour: Rejects) -> list[str]:
    reason = REASONS.get(behaviour.status, "Refused")
    ringing = [] if behaviour.after is None else _ring(behaviour.after, "reject")
    return [
        *ringing,
        label("reject"),
        _answer_invite(f"{behaviour.status} {reason}", retrans=True),
        recv(request="ACK", next_="end"),
    ]


def _behave(behaviour: Served, tone: str) -> list[str]:
    match behaviour:
        case Answers():
            return _answers(behaviour, tone)
        case Rejects():
            return _rejects(behaviour)
        case RingsOut():
            return _ring(None, "end")
        case Silent():
            quiet = recv(request="CANCEL", limit=(ABANDONED_MS, "end"), next_="end")
            return [_answer_invite("100 Trying"), quiet]
        case _:
            assert_never(behaviour)


def callee_scenario(behaviour: Served, tone: str = "") -> str:
    """Scenario XML for every call to phones of this behaviour; also takes REGISTER and OPTIONS.

    `tone` is the path of the raw PCMU file that one who talks plays.
    """
    others = ("OPTIONS", "NOTIFY", "MESSAGE", "BYE", "CANCEL", "INFO")
    return scenario(
        type(behaviour).__name__,
        [
            recv(request="REGISTER", optional=True, next_="registered"),
            *(recv(request=name, optional=True, next_="other") for name in others),
            recv(request="INVITE", keep=KEPT),
            '<Reference variables="via,from,to,cseq,target"/>',
            *_behave(behaviour, tone),
            label("cancelled"),
            reply("200 OK"),
            _answer_invite("487 Request Terminated", retrans=True),
            recv(request="ACK", next_="end"),
            label("registered"),
            reply("200 OK", "[last_Contact:]", "Expires: 3600", next_="end"),
            label("other"),
            reply("200 OK", ALLOW, next_="end"),
            label("ended"),
            reply("200 OK"),
            label("end"),
        ],
    )
