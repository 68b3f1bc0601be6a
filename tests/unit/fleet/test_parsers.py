"""The strict parsers: each malformed file is refused, with its place or its name in the message."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fleet import (
    Malformed,
    cisco,
    fanvil,
    grandstream,
    linphone,
    mitel,
    phonebooks,
    poly,
    snom,
    softphone,
    yealink,
)
from tests.unit.fleet import samples

MAC = "c074ad12ab34"

PARSERS: dict[str, Callable[[bytes], object]] = {
    "yealink": lambda body: yealink.parse(body, "file"),
    "boot": lambda body: yealink.parse_boot(body, "file"),
    "master": lambda body: poly.parse_master(body, "file"),
    "poly": lambda body: poly.parse(body, "file"),
    "directory": lambda body: poly.parse_directory(body, "file"),
    "grandstream": lambda body: grandstream.parse(body, "file", MAC),
    "list": lambda body: snom.parse_list(body, "file"),
    "snom": lambda body: snom.parse(body, "file"),
    "cisco": lambda body: cisco.parse(body, "file"),
    "fanvil": lambda body: fanvil.parse(body, "file"),
    "mitel": lambda body: mitel.parse(body, "file"),
    "linphone": lambda body: linphone.parse(body, "file"),
    "softphone": lambda body: softphone.parse(body, "file"),
    "vcard": lambda body: phonebooks.contacts_of("softphone", body, "file"),
}

XML = ["master", "poly", "directory", "grandstream", "snom", "cisco", "fanvil", "linphone"]

ROOTS = {
    "master": '<APPLICATION CONFIG_FILES="a.cfg"/>',
    "poly": "<PHONE_CONFIG/>",
    "directory": "<directory><item_list/></directory>",
    "grandstream": '<gs_provision><config version="2"/></gs_provision>',
    "snom": "<settings><phone-settings/></settings>",
    "cisco": "<flat-profile/>",
    "fanvil": "<sysConf><Version>2.0</Version></sysConf>",
    "linphone": '<config xmlns="http://www.linphone.org/xsds/lpconfig.xsd"/>',
}

V = "#!version:1.0.0.1\n"
GS = '<gs_provision><config version="2">{}</config></gs_provision>'
SN = "<settings><phone-settings>{}</phone-settings></settings>"
FK = "<settings><functionKeys>{}</functionKeys></settings>"
CI = "<flat-profile>{}</flat-profile>"
FA = "<sysConf><Version>2.0000000000</Version>{}</sysConf>"
SO = samples.SOFTPHONE
CARD = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ann\r\nTEL:101\r\nEND:VCARD\r\n"
LI = '<config xmlns="http://www.linphone.org/xsds/lpconfig.xsd">{}</config>'

BAD = [
    ("yealink", "account.1.enable = 1\n", "first line"),
    ("yealink", " " + V, "first line"),
    ("yealink", V + "account.1.enable = 1", "no end"),
    ("yealink", V + "account.1.enable\n", ":2: no setting"),
    ("yealink", V + "account.1.label = a\naccount.1.label = b\n", ":3: account.1.label a second"),
    ("yealink", V + "account.1.labl = a\n", "no such setting"),
    ("yealink", V + "account.0.label = a\n", "no such setting"),
    ("yealink", V + "account.1.enable = yes\n", "no value"),
    ("yealink", V + "account.1.label = " + "x" * 100 + "\n", "no value"),
    ("yealink", V + "account.1.sip_server.1.port = 65536\n", "no value"),
    ("yealink", V + "account.1.sip_server.1.transport_type = UDP\n", "no value"),
    ("yealink", V + "local_time.time_zone = +5.5\n", "no value"),
    ("yealink", V + "static.security.user_password = a-word\n", "no value"),
    ("yealink", V + "account.1.label = a\rb\n", "carriage return"),
    ("yealink", V + "account.1.label = a\x00b\n", "control character"),
    ("yealink", V + "account.1.label = a\u2028b\n", "control character"),
    ("boot", V + "account.1.enable = 1\n", "not of a boot file"),
    ("boot", V + 'include:config "a.cfg\n', "not of a boot file"),
    ("master", "<APPLICATION/>", "attributes"),
    ("master", '<APPLICATION CONFIG_FILES="a" CONFIG_FILE="b"/>', "attributes"),
    ("poly", '<PHONE_CONFIG><A reg.1.labl="x"/></PHONE_CONFIG>', "no such setting"),
    ("poly", '<PHONE_CONFIG><A reg.1.label="x" reg.1.label="y"/></PHONE_CONFIG>', "redefined"),
    (
        "poly",
        '<PHONE_CONFIG><A reg.1.label="x"/><B reg.1.label="x"/></PHONE_CONFIG>',
        "second time",
    ),
    ("poly", '<PHONE_CONFIG><A reg.1.server.1.transport="UDP"/></PHONE_CONFIG>', "no value"),
    ("poly", "<PHONE_CONFIG><A>reg.1.label=x</A></PHONE_CONFIG>", "holds text"),
    ("directory", "<directory><item_list><item><fn>A</fn></item></item_list></directory>", "item"),
    ("directory", "<directory><item><ct>1</ct></item></directory>", "item"),
    ("grandstream", GS.format('<item name="account.1.enabled">Yes</item>'), "no such setting"),
    ("grandstream", GS.format('<item name="account.1.enable">on</item>'), "no value"),
    ("grandstream", GS.format('<item name="account.1.name">a</item>' * 2), "second time"),
    ("grandstream", GS.format("<P271>1</P271>"), "<P271"),
    ("grandstream", GS.format('<item name="account.1"><prt name="name">a</prt></item>'), "part"),
    ("grandstream", GS.replace('"2"', '"3"').format(""), "version 3"),
    ("grandstream", GS.replace('"2"', '"1"').format("<Q1>a</Q1>"), "no P-value"),
    ("grandstream", "<gs_provision/>", "0 <config>"),
    ("list", '<setting-files><file href="http://a/"/></setting-files>', "file"),
    ("snom", SN.format("<user_nme idx='1'>a</user_nme>"), "no such setting"),
    ("snom", SN.format("<user_name>a</user_name>"), "no such setting"),
    ("snom", SN.format("<user_active idx='1'>yes</user_active>"), "no value"),
    ("snom", SN.format("<user_name idx='0'>a</user_name>"), "idx"),
    ("snom", SN.format("<user_name idx='1' perm='X'>a</user_name>"), "perm"),
    ("snom", SN.format("<user_pass idx='1' perm='!'>a</user_pass>"), "stay for good"),
    ("snom", SN.format("<user_name idx='1'>a<b/></user_name>"), "an element"),
    ("snom", SN.format("loose<language/>"), "text between"),
    ("snom", "<settings><phone/></settings>", "<phone>"),
    ("snom", FK.format("<fkey idx='x'>line</fkey>"), "fkey"),
    ("snom", FK.format("<fkey idx='1'>blf\n102</fkey>"), "fkey 1"),
    ("cisco", CI.format("<User_ID_1>a</User_ID_1>"), "no such setting"),
    ("cisco", CI.format("<Line_Enable_1_>1</Line_Enable_1_>"), "no value"),
    ("cisco", CI.format("<User_ID_1_>a</User_ID_1_>" * 2), "second time"),
    ("cisco", CI.format("<User_ID_1_ perm='R'>a</User_ID_1_>"), "perm"),
    ("cisco", CI.format("<Time_Zone>GMT+5.5</Time_Zone>"), "no value"),
    ("fanvil", "<sysConf/>", "0 <Version>"),
    ("fanvil", "<VOIP_CONFIG_FILE/>", "before 2.0"),
    ("fanvil", FA.format('<sip><line index="1"><EnableReg>yes</EnableReg></line></sip>'), "value"),
    ("fanvil", FA.format("<sip><line><EnableReg>1</EnableReg></line></sip>"), "no such setting"),
    ("fanvil", FA.format('<sip><line index="0"><EnableReg>1</EnableReg></line></sip>'), "index"),
    ("fanvil", FA.format('<sip><line index="1"><Reg>1</Reg></line></sip>'), "no such setting"),
    ("mitel", "sip line1 user name\n", ":1: no parameter"),
    ("mitel", "sip line1 usr name: a\n", "no such setting"),
    ("mitel", "sip line1 vmail: a\nsip line1 vmail: b\n", ":2: sip line1 vmail a second"),
    ("mitel", 'sip line1 screen name: "a\n', "quotes"),
    ("mitel", "sip line1 registrar port: x\n", "no value"),
    ("mitel", "^^sip line1 vmail: a\n", "no parameter"),
    ("mitel", "sip line1 vmail: a", "no end"),
    ("linphone", "<config/>", "root"),
    ("linphone", LI.format('<section name="proxy"/>'), "section 'proxy'"),
    ("linphone", LI.format('<section name="sip"><entry name="a b">x</entry></section>'), "'a b'"),
    (
        "linphone",
        LI.format('<section name="sip"><entry name="a">x\ny</entry></section>'),
        "line end",
    ),
    (
        "linphone",
        LI.format('<section name="sip"><entry name="a"/><entry name="a"/></section>'),
        "entry 'a'",
    ),
    ("softphone", SO[:-1], "delimiter"),
    ("softphone", SO.replace('"srtp": "off", ', ""), "srtp"),
    ("softphone", SO.replace('"srtp"', '"srtp": "off", "srtp"'), "second time"),
    ("softphone", SO.replace('"off"', '"perhaps"'), "no value"),
    ("softphone", SO.replace('"5066"', "5066"), "no value"),
    ("softphone", SO.replace('"5066"', "NaN"), "none of JSON"),
    ("softphone", f"[{SO}]", "no object"),
    ("softphone", SO.replace('"name"', '"nmae"'), "nmae"),
    ("vcard", CARD.replace("\r\n", "\n"), "CRLF"),
    ("vcard", CARD[:-2], "CRLF"),
    ("vcard", CARD.replace("4.0", "3.0"), "3.0"),
    ("vcard", CARD.replace("TEL", "URL"), "no card"),
    ("vcard", CARD.replace("Ann", "Ann;N:x"), "Ann;N:x"),
    ("vcard", CARD.replace("101", "one"), "one"),
]


@pytest.mark.parametrize(("parser", "text", "said"), BAD)
def test_malformed_is_refused(parser: str, text: str, said: str) -> None:
    with pytest.raises(Malformed, match="(?i)" + said.replace("(", r"\(")):
        PARSERS[parser](text.encode())


@pytest.mark.parametrize("parser", XML)
def test_xml_that_no_phone_should_get(parser: str) -> None:
    good = ROOTS[parser]
    read = PARSERS[parser]
    read(good.encode())
    entity = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    for bad in (
        entity + good,
        good + "x",
        good[:-1],
        '<?xml version="1.0" encoding="ISO-8859-1"?>' + good,
        "\ufeff" + good,
        good.replace(">", ">\x0b", 1),
        f"<other>{good}</other>",
    ):
        with pytest.raises(Malformed):
            read(bad.encode())
    with pytest.raises(Malformed, match="UTF-8"):
        read(good.encode() + b"\xff")


@pytest.mark.parametrize("parser", PARSERS)
@given(body=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_anything_is_read_or_refused(parser: str, body: bytes) -> None:
    with contextlib.suppress(Malformed):
        PARSERS[parser](body)


SAMPLES = {
    "yealink": samples.YEALINK,
    "poly": samples.POLY_OWN,
    "grandstream": samples.GRANDSTREAM,
    "snom": samples.SNOM,
    "cisco": samples.CISCO,
    "fanvil": samples.FANVIL,
    "mitel": samples.MITEL,
    "linphone": samples.LINPHONE,
    "softphone": samples.SOFTPHONE,
}


@pytest.mark.parametrize("parser", SAMPLES)
@pytest.mark.parametrize(
    "injected", ["account.2.enable = 1", "</a>", "<a>", "&x;", "sip line2 user name: eve"]
)
def test_a_name_that_breaks_out_is_seen(parser: str, injected: str) -> None:
    """Written without escaping, a hostile name changes what is read or makes it unreadable."""
    text = SAMPLES[parser]
    name = "Ünal & Co" if parser in ("yealink", "mitel", "softphone") else "Ünal &amp; Co"
    assert name in text
    try:
        before = PARSERS[parser](text.encode())
        after = PARSERS[parser](text.replace(name, f"x\n{injected}").encode())
    except Malformed:
        return
    assert before != after


def test_vcards_are_read_as_they_are_written() -> None:
    card = CARD.replace("Ann", r"Ann\, \\ \; O'Dell")
    assert PARSERS["vcard"]((CARD + card).encode()) == [("Ann", "101"), (r"Ann, \ ; O'Dell", "101")]


def test_a_function_of_cisco_is_read_by_its_words() -> None:
    assert cisco.function_of("fnc=sd+blf+cp;sub=102@$PROXY;nme=Bob") == {
        **{"fnc": "sd+blf+cp", "sub": "102@$PROXY", "nme": "Bob"}
    }
    for bad in ("fnc=sd;nme=a;b", "fnc=fly", "fnc=sd;fnc=sd", "nme"):
        with pytest.raises(Malformed):
            cisco.function_of(bad)
