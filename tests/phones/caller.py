"""The sipp scenarios of our own requests: a call, and the registration of many phones."""

from __future__ import annotations

import re

from tests.phones.behaviour import Caller, Manner
from tests.phones.scenario import (
    ALLOW,
    FINAL_FAILURES,
    SDP,
    label,
    milliseconds,
    recv,
    reply,
    scenario,
    send,
    talk,
)

VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]"
MINE = "<sip:[account]@[remote_ip]>;tag=[pid]t[call_number]"
THEIRS = "To: <sip:[called]@[remote_ip]:[remote_port]>"
CONTACT = "Contact: <sip:[account]@[local_ip]:[local_port]>"


def _mine(caller: Caller) -> str:
    return f'From: "[display]" {MINE}' if caller.display else f"From: {MINE}"


def _invite(caller: Caller, cseq: int, sdp: str, *extra: str) -> str:
    uri = "sip:[called]@[remote_ip]:[remote_port]"
    headers = [
        VIA,
        _mine(caller),
        THEIRS,
        "Call-ID: [call_id]",
        f"CSeq: {cseq} INVITE",
        CONTACT,
        "Max-Forwards: 70",
        ALLOW,
        *(f"[extra{number}]" for number, _ in enumerate(caller.headers)),
        *extra,
    ]
    return send(f"INVITE {uri} SIP/2.0", headers, sdp, retrans=True)


def _ack_failure(cseq: int, caller: Caller, next_: str | None = None) -> str:
    headers = [
        "[last_Via:]",
        _mine(caller),
        "[last_To:]",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} ACK",
        "Max-Forwards: 70",
    ]
    uri = "sip:[called]@[remote_ip]:[remote_port]"
    return send(f"ACK {uri} SIP/2.0", headers, next_=next_, retrans=False)


def _in_dialog(
    method: str, cseq: int, caller: Caller, body: str = "", *extra: str, retrans: bool = True
) -> str:
    headers = [
        VIA,
        "[routes]",
        _mine(caller),
        f"{THEIRS}[peer_tag_param]",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        "Max-Forwards: 70",
        *extra,
    ]
    return send(f"{method} [next_url] SIP/2.0", headers, body, retrans=retrans)


def _cancel(cseq: int, caller: Caller) -> list[str]:
    headers = [
        "[last_Via:]",
        _mine(caller),
        THEIRS,
        "Call-ID: [call_id]",
        f"CSeq: {cseq} CANCEL",
        "Max-Forwards: 70",
    ]
    uri = "sip:[called]@[remote_ip]:[remote_port]"
    return [
        label("cancel"),
        send(f"CANCEL {uri} SIP/2.0", headers, retrans=True),
        recv(response=200, optional=True),
        recv(response=481, optional=True),
        recv(response=487, next_="failed", limit=(10_000, "end")),
    ]


def _until_final(name: str, timeout: int, on_18x: str | None, cseq: int) -> list[str]:
    """Waits for a final response to the INVITE of that CSeq; `timeout` in ms, then CANCEL.

    A busy engine may challenge a first INVITE twice, which was sent again meanwhile: the second
    challenge is no answer to the one with credentials.
    """
    limit = (timeout, "cancel")
    provisional = [(100, None), (180, on_18x), (181, None), (182, None), (183, on_18x)]
    challenges = (401, 407)
    first = [("CSeq", "^ *1 INVITE", f"first_{name}")] if cseq > 1 else []
    return [
        label(name),
        *(
            recv(response=code, optional=True, next_=target, limit=limit)
            for code, target in provisional
        ),
        *(recv(response=it, optional=True, next_="failed", limit=limit) for it in FINAL_FAILURES),
        *(
            recv(response=it, optional=True, next_=f"{name}-asked", limit=limit, keep=first)
            for it in challenges
        ),
        recv(response=200, rrs=True, next_="answered", limit=limit),
        label(f"{name}-asked"),
        *([f'<nop next="{name}" test="first_{name}"/>'] if first else []),
        '<nop next="failed"/>',
    ]


def _digits(manner: Manner, cseq: int, caller: Caller, sdp: str) -> list[str]:
    if manner.digits_in_media and manner.digits:
        # All in one go: sipp numbers the packets of each play from the same start.
        play = f'<nop><action><exec play_dtmf="{manner.digits}"/></action></nop>'
        wait = manner.digits_after
        return [*talk("digits", sdp, seconds=wait, then="press"), label("press"), play]
    lines: list[str] = []
    for number, (pauses, digit) in enumerate(_pressed(manner.digits)):
        wait = (manner.digits_after if number == 0 else manner.digit_gap) + pauses
        lines += talk(f"digit{number}", sdp, seconds=wait, then=f"press{number}")
        lines += [label(f"press{number}")]
        body = f"Signal={digit}\nDuration=160\n"
        kind = "Content-Type: application/dtmf-relay"
        lines += [
            _in_dialog("INFO", cseq + 1 + number, caller, body, kind),
            recv(request="BYE", optional=True, next_="ended"),
            *(recv(response=code, optional=True) for code in (415, 481, 500, 501)),
            recv(response=200, limit=(2_000, f"pressed{number}")),
            label(f"pressed{number}"),
        ]
    return lines


def _pressed(digits: str) -> list[tuple[int, str]]:
    """Each digit, and the seconds of pause before it."""
    return [(len(pauses), digit) for pauses, digit in re.findall("(,*)([^,])", digits)]


def caller_scenario(caller: Caller, manner: Manner, tone: str) -> str:
    """Scenario XML of one call; `tone` is the path of the raw PCMU file a talking caller plays."""
    sdp = SDP.format(port="[rtpstream_audio_port]" if manner.talks else "[media_port]")
    patience = milliseconds(manner.patience)
    abandon = manner.abandon_after
    on_18x = "ringing" if abandon is not None else None
    cseq = 1 if caller.password is None else 2
    authenticate = [
        recv(response=100, optional=True),
        recv(response=407, optional=True, auth=True, next_="authorise"),
        *(recv(response=code, optional=True, next_="refused") for code in FINAL_FAILURES),
        recv(response=401, auth=True, limit=(10_000, "end"), next_="authorise"),
        label("refused"),
        _ack_failure(1, caller, "end"),
        label("authorise"),
        _ack_failure(1, caller),
        _invite(caller, 2, sdp, "[authentication]"),
    ]
    play = f'<nop><action><exec rtp_stream="{tone},-1,0"/></action></nop>'
    return scenario(
        "caller",
        [
            _invite(caller, 1, sdp),
            *(authenticate if caller.password is not None else []),
            *_until_final("wait", patience, on_18x, cseq),
            *(
                _until_final("ringing", milliseconds(abandon), None, cseq)
                if abandon is not None
                else []
            ),
            label("failed"),
            _ack_failure(cseq, caller, "end"),
            *_cancel(cseq, caller),
            label("answered"),
            _in_dialog("ACK", cseq, caller, retrans=False),
            *([play] if manner.talks else []),
            *_digits(manner, cseq, caller, sdp),
            *talk("talk", sdp, seconds=manner.hang_up_after, then="hang-up"),
            label("hang-up"),
            _in_dialog("BYE", cseq + 1 + len(_pressed(manner.digits)), caller),
            recv(request="BYE", optional=True, next_="ended"),
            recv(response=481, optional=True, next_="end"),
            recv(response=200, next_="end"),
            label("ended"),
            reply("200 OK"),
            label("end"),
        ],
    )


def register_scenario() -> str:
    """Scenario XML that registers one phone a line of a CSV: account;credentials;port;expires.

    The credentials are sipp's whole ``[authentication ...]`` keyword.
    """

    def register(cseq: int, *extra: str) -> str:
        headers = [
            VIA,
            "From: <sip:[field0]@[remote_ip]>;tag=[pid]r[call_number]",
            "To: <sip:[field0]@[remote_ip]>",
            "Call-ID: [call_id]",
            f"CSeq: {cseq} REGISTER",
            "Contact: <sip:[field0]@[local_ip]:[field2]>",
            "Expires: [field3]",
            "Max-Forwards: 70",
            *extra,
        ]
        uri = "sip:[remote_ip]:[remote_port]"
        return send(f"REGISTER {uri} SIP/2.0", headers, retrans=True)

    refusals = (400, 403, 404, 405, 408, 423, 480, 500, 503)
    limit = (5_000, "end")
    return scenario(
        "register",
        [
            register(1),
            *(recv(response=code, optional=True, next_="end") for code in refusals),
            recv(response=401, auth=True, limit=limit),
            register(2, "[field1]"),
            *(recv(response=code, optional=True, next_="end") for code in (401, *refusals)),
            recv(response=200, limit=limit),
            label("end"),
        ],
    )
