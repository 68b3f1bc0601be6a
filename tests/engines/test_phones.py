"""The phones, callers and carriers of tests.phones, proved against a real Asterisk."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.engines.asterisk_container import AsteriskContainer
from tests.phones import (
    ANSWERS,
    BUSY,
    DECLINES,
    NO_CIRCUIT,
    OFFLINE,
    RINGS_OUT,
    SILENT,
    UNREACHABLE,
    WAITS,
    Answers,
    Caller,
    Identity,
    Manner,
    Phone,
    PhoneBank,
    Rejects,
    Silent,
    SippFailed,
    Unreachable,
)

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

ENGINE, PHONES, TRUNK, CARRIER = "127.0.0.21", "127.0.0.22", "127.0.0.23", "127.0.0.24"
ACCOUNTS = [str(number) for number in range(101, 121)]
CARRIER_PORTS = {"out": 21000, "full": 21010, "engaged": 21020}

MODULES = """
res_sorcery_config res_sorcery_memory res_sorcery_astdb res_timing_timerfd pbx_config
bridge_simple bridge_native_rtp bridge_builtin_features codec_ulaw codec_resample format_wav
format_pcm res_rtp_asterisk res_pjproject res_pjsip res_pjsip_session res_pjsip_sdp_rtp
res_pjsip_registrar res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest
res_pjsip_outbound_registration res_pjsip_endpoint_identifier_ip
res_pjsip_endpoint_identifier_user res_pjsip_caller_id res_pjsip_header_funcs res_pjsip_rfc3326
res_pjsip_dtmf_info res_pjsip_pubsub chan_pjsip app_dial app_playback app_read app_record
app_verbose app_voicemail func_callerid func_channel func_logic func_strings
"""

EXTENSIONS = """
[phones]
exten => _1XX,1,Dial(PJSIP/${EXTEN},3)
 same => n,Verbose(0,${EXTEN}: ${DIALSTATUS} ${HANGUPCAUSE})
 same => n,GotoIf($["${DIALSTATUS}" = "BUSY"]?busy)
 same => n,GotoIf($["${DIALSTATUS}" = "CHANUNAVAIL"]?gone)
 same => n,Hangup(19)
 same => n(busy),Hangup(17)
 same => n(gone),Hangup(20)
exten => 600,1,Dial(PJSIP/101&PJSIP/102,5)
exten => 700,1,Answer()
 same => n,Read(DIGITS,,3,,1,3)
 same => n,Verbose(0,digits were ${DIGITS})
 same => n,Hangup(16)
exten => 800,1,Answer()
 same => n,Record(/state/heard.wav,0,2,q)
 same => n,Hangup(16)
exten => _0X.,1,Set(CALLERID(num)=442071838750)
 same => n,Set(CALLERID(name)=Acme)
 same => n,Dial(PJSIP/${EXTEN:1}@out,5)
exten => _8X.,1,Set(CALLERID(pres)=prohib)
 same => n,Dial(PJSIP/${EXTEN:1}@out,5)
exten => _9X.,1,Dial(PJSIP/${EXTEN:1}@full,5)
 same => n,Hangup(34)
exten => _7XX.,1,Dial(PJSIP/${EXTEN:1}@engaged,5)
 same => n,Hangup(17)
"""


def phone_section(account: str) -> str:
    return f"""
[{account}]
type = endpoint
context = phones
disallow = all
allow = ulaw
auth = {account}
aors = {account}
direct_media = no
callerid = Phone {account} <{account}>
send_pai = yes
[{account}]
type = auth
auth_type = digest
username = {account}
password = secret-{account}
[{account}]
type = aor
max_contacts = 1
remove_existing = yes
"""


def carrier_section(name: str, port: int, match: str) -> str:
    return f"""
[{name}]
type = endpoint
context = phones
disallow = all
allow = ulaw
aors = {name}
direct_media = no
send_pai = yes
trust_id_outbound = yes
[{name}]
type = aor
contact = sip:{CARRIER}:{port}
{match}
"""


def write_bundle(bundle: Path) -> None:
    """A hand-written configuration, just enough for the phones."""
    match = f"[out]\ntype = identify\nendpoint = out\nmatch = {TRUNK}\n"
    files = {
        "asterisk.conf": """
[directories]
astetcdir = /engine/current
astdbdir = /state/db
astkeydir = /state
astdatadir = /usr/share/asterisk
astspooldir = /state/spool
astrundir = /state/run
astlogdir = /state/log
[options]
nocolor = yes
""",
        "modules.conf": "[modules]\nautoload = no\n"
        + "\n".join(f"load = {name}.so" for name in MODULES.split()),
        "logger.conf": "[general]\n[logfiles]\nconsole = notice,warning,error,verbose\n",
        "rtp.conf": "[general]\nrtpstart = 10000\nrtpend = 10999\n",
        "extensions.conf": EXTENSIONS,
        "pjsip.conf": f"[udp]\ntype = transport\nprotocol = udp\nbind = {ENGINE}:5060\n"
        + "".join(phone_section(account) for account in ACCOUNTS)
        + "".join(
            carrier_section(name, port, match if name == "out" else "")
            for name, port in CARRIER_PORTS.items()
        )
        + f"""
[out-auth]
type = auth
auth_type = digest
username = acme
password = acme
[out-registration]
type = registration
transport = udp
outbound_auth = out-auth
server_uri = sip:{CARRIER}:{CARRIER_PORTS["out"]}
client_uri = sip:acme@{CARRIER}
retry_interval = 1
""",
    }
    bundle.mkdir(parents=True)
    for name, text in files.items():
        (bundle / name).write_text(text)


@pytest.fixture(scope="module")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsteriskContainer]:
    home = tmp_path_factory.mktemp("asterisk")
    write_bundle(home / "engine" / "bundles" / "1")
    (home / "engine" / "current").symlink_to("bundles/1")
    with AsteriskContainer(ENGINE, home / "engine", home / "state") as container:
        yield container


@pytest.fixture(scope="module")
def bank(asterisk: AsteriskContainer) -> Iterator[PhoneBank]:
    with PhoneBank(ENGINE, PHONES) as phones:
        yield phones


def phone(account: str) -> Phone:
    return Phone(account, f"secret-{account}")


def caller(account: str = "120") -> Caller:
    return Caller(account, f"secret-{account}")


def test_answered_call_hung_up_by_the_caller(bank: PhoneBank) -> None:
    bank.register_all({phone("101"): ANSWERS})
    since = time.time()
    result = bank.call(caller(), "101", Manner(hang_up_after=1.0))
    assert (result.status, result.answered, result.ended_by) == (200, True, "phone")
    assert 180 in result.provisional
    assert result.ring_ms is not None
    assert 0 < result.ring_ms < 1000
    assert result.seconds == pytest.approx(1.0, abs=0.3)
    [seen] = bank.wait_observed("101", since=since, ended=True)
    assert (seen.rang, seen.answered, seen.status, seen.ended_by) == (True, True, 200, "engine")
    assert (seen.caller, seen.cause) == (Identity("Phone 120", "120"), 16)
    assert seen.asserted == Identity("Phone 120", "120")


def test_callee_hangs_up(bank: PhoneBank) -> None:
    bank.register_all({phone("102"): Answers(after=0.3, hangs_up_after=0.6)})
    since = time.time()
    result = bank.call(caller(), "102", WAITS)
    assert (result.answered, result.ended_by, result.cause) == (True, "engine", 16)
    [seen] = bank.wait_observed("102", since=since, ended=True)
    assert (seen.answered, seen.ended_by) == (True, "phone")
    assert seen.answered_at is not None
    assert seen.answered_at - seen.at == pytest.approx(0.3, abs=0.15)


@pytest.mark.parametrize(
    ("account", "behaviour", "sent", "status", "cause"),
    [
        ("103", BUSY, 486, 486, 17),
        ("104", Rejects(486, after=0.2), 486, 486, 17),
        ("105", DECLINES, 603, 480, 20),
    ],
)
def test_phone_refuses(
    bank: PhoneBank, account: str, behaviour: Rejects, sent: int, status: int, cause: int
) -> None:
    bank.register_all({phone(account): behaviour})
    since = time.time()
    result = bank.call(caller(), account)
    [seen] = bank.wait_observed(account, since=since)
    assert (seen.status, seen.answered, seen.ended_by) == (sent, False, "phone")
    assert seen.rang is (behaviour.after is not None)
    assert (result.answered, result.ended_by) == (False, "engine")
    assert (result.status, result.cause) == (status, cause)


def test_rings_out(bank: PhoneBank) -> None:
    bank.register_all({phone("106"): RINGS_OUT})
    since = time.time()
    result = bank.call(caller(), "106")
    assert (result.status, result.cause, result.ended_by) == (480, 19, "engine")
    assert result.final_ms == pytest.approx(3000, abs=500)
    [seen] = bank.wait_observed("106", since=since, ended=True)
    assert (seen.rang, seen.answered, seen.status, seen.ended_by) == (True, False, 487, "engine")


def test_caller_hangs_up_while_ringing(bank: PhoneBank) -> None:
    bank.register_all({phone("107"): RINGS_OUT})
    since = time.time()
    result = bank.call(caller(), "107", Manner(abandon_after=0.5))
    assert (result.status, result.answered, result.ended_by) == (487, False, "phone")
    assert result.final_ms == pytest.approx(500, abs=250)
    [seen] = bank.wait_observed("107", since=since, ended=True)
    assert (seen.rang, seen.status, seen.ended_by) == (True, 487, "engine")


def test_offline_phone_gets_nothing(bank: PhoneBank, asterisk: AsteriskContainer) -> None:
    bank.register_all({phone("108"): ANSWERS})
    assert "108/sip:108@" in asterisk.cli("pjsip show contacts")
    bank.register_all({phone("108"): OFFLINE})
    assert "108/sip:108@" not in asterisk.cli("pjsip show contacts")
    since = time.time()
    result = bank.call(caller(), "108")
    assert (result.cause, result.ended_by) == (20, "engine")
    assert bank.observed("108", since=since) == []


def test_phone_that_moves_is_registered_once(bank: PhoneBank, asterisk: AsteriskContainer) -> None:
    bank.register_all({phone("109"): ANSWERS})
    bank.register_all({phone("109"): BUSY})
    assert asterisk.cli("pjsip show contacts").count("109/sip:109@") == 1
    assert bank.call(caller(), "109").cause == 17


@pytest.mark.parametrize(("account", "behaviour"), [("110", UNREACHABLE), ("111", SILENT)])
def test_phone_that_never_replies(
    bank: PhoneBank, account: str, behaviour: Unreachable | Silent
) -> None:
    bank.register_all({phone(account): behaviour})
    since = time.time()
    result = bank.call(caller(), account)
    assert (result.answered, result.cause) == (False, 19)
    assert result.provisional == ()
    seen = bank.observed(account, since=since)
    assert [one.rang for one in seen] == ([] if behaviour is UNREACHABLE else [False])


def test_group_rings_all_and_one_answers(bank: PhoneBank) -> None:
    bank.register_all({phone("101"): Answers(after=0.5), phone("102"): RINGS_OUT})
    since = time.time()
    assert bank.call(caller(), "600").answered
    [first] = bank.wait_observed("101", since=since, ended=True)
    [second] = bank.wait_observed("102", since=since, ended=True)
    assert (first.rang, first.answered) == (True, True)
    assert (second.rang, second.status, second.cause) == (True, 487, 26)


@pytest.mark.parametrize(
    ("digits", "in_media"),
    [
        ("42*", False),
        pytest.param(
            *("13#", True),
            marks=pytest.mark.skipif(os.getuid() != 0, reason="sipp needs a raw socket"),
        ),
    ],
)
def test_digits(bank: PhoneBank, asterisk: AsteriskContainer, digits: str, in_media: bool) -> None:
    before = len(asterisk.logs())
    result = bank.call(
        caller(), "700", Manner(digits=digits, digits_in_media=in_media, hang_up_after=3.0)
    )
    assert result.answered
    assert f"digits were {digits.rstrip('#')}" in asterisk.logs()[before:]
    assert result.digits == (0 if in_media else len(digits))


def test_a_talking_caller_is_heard(bank: PhoneBank, asterisk: AsteriskContainer) -> None:
    result = bank.call(caller(), "800", Manner(talks=True, hang_up_after=None))
    assert result.ended_by == "engine"
    assert result.seconds == pytest.approx(2.0, abs=0.5)
    recorded = (asterisk.state_dir / "heard.wav").read_bytes()
    assert len(recorded) > 24000
    assert len(set(recorded[44:])) > 20


def test_call_from_a_trunk(bank: PhoneBank) -> None:
    bank.register_all({phone("112"): ANSWERS})
    since = time.time()
    source = Caller("+447700900123", display="Ann [x] Ltd", ip=TRUNK)
    assert bank.call(source, "112").answered
    [seen] = bank.wait_observed("112", since=since)
    assert seen.caller == Identity("Ann [x] Ltd", "+447700900123")


def test_call_to_a_carrier(bank: PhoneBank) -> None:
    with PhoneBank(ENGINE, CARRIER, base_port=CARRIER_PORTS["out"]) as carriers:
        assert carriers.carrier(ANSWERS).port == CARRIER_PORTS["out"]
        assert carriers.carrier(NO_CIRCUIT).port == CARRIER_PORTS["full"]
        assert carriers.carrier(BUSY).port == CARRIER_PORTS["engaged"]
        assert bank.call(caller(), "0447700900123").answered
        [seen] = carriers.wait_observed("447700900123", ended=True)
        assert (seen.caller, seen.privacy) == (Identity("Acme", "442071838750"), "")
        assert bank.call(caller(), "8447700900124").answered
        [hidden] = carriers.wait_observed("447700900124", ended=True)
        assert hidden.caller.number == "anonymous"
        assert (hidden.asserted.number, hidden.privacy) == ("120", "id")
        assert bank.call(caller(), "9447700900125").status == 503
        assert bank.call(caller(), "7447700900126").status == 486
        give_up = time.monotonic() + 10
        while not carriers.requests("REGISTER") and time.monotonic() < give_up:
            time.sleep(0.1)
        assert "acme@" in carriers.requests("REGISTER")[0].header("to")


def test_wrong_password_is_refused(bank: PhoneBank) -> None:
    with pytest.raises(SippFailed, match="not registered: 113"):
        bank.register("113", "wrong")
    result = bank.call(Caller("113", "wrong"), "101")
    assert (result.status, result.answered) == (401, False)


def test_sixty_calls_at_once(bank: PhoneBank) -> None:
    accounts = ACCOUNTS[:12]
    bank.register_all({phone(account): ANSWERS for account in accounts})
    since = time.time()
    placed = [
        bank.place(caller("120"), accounts[number % 12], Manner(hang_up_after=1.0))
        for number in range(60)
    ]
    results = [call.wait() for call in placed]
    assert [r.status for r in results] == [200] * 60
    time.sleep(0.2)
    assert len([o for o in bank.observed(since=since) if o.answered]) == 60


def test_engine_killed_and_started_again(asterisk: AsteriskContainer, bank: PhoneBank) -> None:
    asterisk.kill()
    asterisk.start()
    bank.register_all({phone("101"): ANSWERS})
    assert bank.call(caller(), "101").answered


def test_a_second_challenge_of_the_first_invite_is_no_answer() -> None:
    """As of an engine so busy that the INVITE was sent again before it was challenged."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind((ENGINE, 5070))
        busy.settimeout(10)
        phones = PhoneBank(f"{ENGINE}:5070", PHONES, base_port=22000)
        with phones as bank, ThreadPoolExecutor(1) as one:
            serving = one.submit(_challenge_twice, busy)
            placed = bank.place(Caller("101", "secret"), "102", Manner(hang_up_after=0.2))
            result = placed.wait()
            serving.result()
    assert (result.status, result.answered, result.ended_by) == (200, True, "phone")


def _challenge_twice(busy: socket.socket) -> None:
    challenge = 'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5\r\n'
    first, address = busy.recvfrom(65535)
    busy.sendto(_response(first, "401 Unauthorized", "one", challenge), address)
    while True:
        request, address = busy.recvfrom(65535)
        method, asked = request.split(b" ", 1)[0], b"CSeq: 2 INVITE" in request
        if method == b"INVITE" and asked:
            busy.sendto(_response(first, "401 Unauthorized", "two", challenge), address)
            contact = f"Contact: <sip:{ENGINE}:5070>\r\n"
            busy.sendto(_response(request, "200 OK", "three", contact), address)
        elif method == b"BYE":
            busy.sendto(_response(request, "200 OK", "three"), address)
            return


def _response(request: bytes, status: str, tag: str, more: str = "") -> bytes:
    lines = request.decode().split("\r\n\r\n")[0].split("\r\n")
    kept = [it for it in lines if it.startswith(("Via:", "From:", "Call-ID:", "CSeq:"))]
    to = next(it for it in lines if it.startswith("To:")).split(";")[0]
    text = "\r\n".join([f"SIP/2.0 {status}", *kept, f"{to};tag={tag}", ""])
    return f"{text}{more}Content-Length: 0\r\n\r\n".encode()
