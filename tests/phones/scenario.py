"""Builds sipp scenario XML: the few elements we use, and the messages both sides share.

Nothing a test passes in is written into the XML but numbers: names and secrets are sipp keys
(``-key name value``), which sipp does not scan for keywords again.
"""

from __future__ import annotations

from collections.abc import Iterable

FINAL_FAILURES = (
    *(300, 301, 302, 305, 380),
    *(400, 402, 403, 404, 405, 406, 408, 410, 413, 414, 415, 416, 420, 421, 423, 428, 433, 436),
    *(437, 438, 480, 481, 482, 483, 484, 485, 486, 487, 488, 489, 491, 493),
    *(500, 501, 502, 503, 504, 505, 513, 580, 600, 603, 604, 606, 607, 608),
)
ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, INFO, OPTIONS, NOTIFY, MESSAGE"
# sipp plays digits as payload type 96, whatever was offered.
SDP = """v=0
o=phone 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio {port} RTP/AVP 0 96
a=rtpmap:0 PCMU/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
a=ptime:20
a=sendrecv
"""


def milliseconds(seconds: float) -> int:
    """Seconds as whole milliseconds, at least 1 (sipp takes 0 for "no time limit")."""
    return max(1, round(seconds * 1000))


def attributes(**values: str | int | None) -> str:
    """XML attributes of those values which are not None; a trailing underscore is dropped."""
    return "".join(
        f' {name.rstrip("_")}="{value}"' for name, value in values.items() if value is not None
    )


def recv(
    *,
    request: str | None = None,
    response: int | None = None,
    optional: bool = False,
    next_: str | None = None,
    limit: tuple[int, str] | None = None,
    auth: bool = False,
    rrs: bool = False,
    keep: Iterable[tuple[str, str, str]] = (),
) -> str:
    """One expected message, for at most `limit` = (milliseconds, label to go on at).

    `keep` holds (header, regular expression, variable) triples.
    """
    head = "<recv" + attributes(
        request=request,
        response=response,
        optional="true" if optional else None,
        next=next_,
        timeout=limit[0] if limit else None,
        ontimeout=limit[1] if limit else None,
        auth="true" if auth else None,
        rrs="true" if rrs else None,
    )
    actions = "".join(
        f'<ereg regexp="{expression}" search_in="hdr" header="{header}:" assign_to="{variable}"/>'
        for header, expression, variable in keep
    )
    return f"{head}><action>{actions}</action></recv>" if actions else f"{head}/>"


def send(
    start: str, headers: Iterable[str], body: str = "", *, next_: str | None = None, retrans: bool
) -> str:
    """One message to send; `retrans` repeats it until the next expected message comes (UDP)."""
    lines = [start, *headers]
    if body:
        lines += ["Content-Type: application/sdp"] if body.startswith("v=0") else []
        lines += ["Content-Length: [len]", "", body.rstrip("\n")]
    else:
        lines += ["Content-Length: 0", ""]
    text = "\n".join(lines)
    head = attributes(retrans="500" if retrans else None, next=next_)
    return f"<send{head}><![CDATA[\n\n{text}\n\n]]></send>"


def label(name: str) -> str:
    """A place to jump to."""
    return f'<label id="{name}"/>'


def reply(status: str, *extra: str, body: str = "", next_: str | None = None) -> str:
    """A response to the request received last."""
    headers = ["[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]"]
    return send(f"SIP/2.0 {status}", [*headers, *extra], body, next_=next_, retrans=bool(body))


def talk(name: str, sdp: str, *, seconds: float | None, then: str) -> list[str]:
    """An established call: answers what comes, until BYE ("ended") or `seconds` pass (`then`)."""
    limit = (milliseconds(seconds), then) if seconds is not None else None
    contact = "Contact: <sip:[local_ip]:[local_port]>"
    lines = [label(name)]
    for request, target in (
        ("INVITE", f"{name}-again"),
        ("UPDATE", f"{name}-update"),
        ("ACK", name),
        ("CANCEL", f"{name}-other"),
        ("INFO", f"{name}-other"),
        ("OPTIONS", f"{name}-other"),
        ("NOTIFY", f"{name}-other"),
    ):
        lines.append(recv(request=request, optional=True, next_=target, limit=limit))
    return [
        *lines,
        recv(request="BYE", next_="ended", limit=limit),
        label(f"{name}-again"),
        reply("200 OK", contact, ALLOW, body=sdp),
        recv(request="ACK", next_=name),
        label(f"{name}-update"),
        reply("200 OK", contact, ALLOW, next_=name),
        label(f"{name}-other"),
        reply("200 OK", next_=name),
    ]


def scenario(name: str, elements: Iterable[str]) -> str:
    """The whole file."""
    body = "\n".join(elements)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n{body}\n</scenario>\n'
    )
