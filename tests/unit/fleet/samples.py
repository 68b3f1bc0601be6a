"""Files as an installer would write them by hand, one set a vendor, all saying the same."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape

from tests.fleet.handset import Handset
from tests.fleet.learned import Account

ACCOUNT = Account(
    user="acme.LDN-01",
    auth_user="acme.LDN-01",
    password="s3cr;t&<\"'",
    host="127.0.0.9",
    port=5066,
    transport="tcp",
    display_name="Ünal & Co",
    label="LDN-01",
    voicemail="*97",
)
_XML_PASSWORD = "s3cr;t&amp;&lt;&quot;'"

YEALINK = """\
#!version:1.0.0.1
## the handset of Ünal
account.1.enable = 1
account.1.label = LDN-01
account.1.display_name = Ünal & Co
account.1.user_name = acme.LDN-01
account.1.auth_name = acme.LDN-01
account.1.password = s3cr;t&<"'
account.1.sip_server.1.address = 127.0.0.9
account.1.sip_server.1.port = 5066
account.1.sip_server.1.transport_type = 1
voice_mail.number.1 = *97
linekey.1.type = 15
linekey.1.line = 1
linekey.2.type = 16
linekey.2.value = 102
linekey.2.label = Bob = boss
local_time.time_zone = +5:30
lang.gui = %NULL%
sip.notify_reboot_enable = 0
static.security.user_password = admin:a-word
"""

POLY_MASTER = (
    '<?xml version="1.0"?>\n<APPLICATION CONFIG_FILES="own-[PHONE_MAC_ADDRESS].cfg, all.cfg"/>'
)
POLY_OWN = f"""\
<PHONE_CONFIG><REG reg.1.address="acme.LDN-01" reg.1.auth.userId="acme.LDN-01"
 reg.1.auth.password="{_XML_PASSWORD}" reg.1.displayName="Ünal &amp; Co" reg.1.label="LDN-01"
 reg.1.server.1.address="127.0.0.9" reg.1.server.1.port="5066" reg.1.server.1.transport="TCPOnly"/>
<MSG msg.mwi.1.callBackMode="contact" msg.mwi.1.callBack="*97"/>
<ATT attendant.resourceList.1.address="102" attendant.resourceList.1.label="Bob = boss"/>
</PHONE_CONFIG>"""
POLY_ALL = """\
<PHONE_CONFIG><ALL reg.1.label="overruled" tcpIpApp.sntp.gmtOffset="19800"
 device.set="1" device.auth.localAdminPassword="a-word" device.auth.localAdminPassword.set="1"/>
</PHONE_CONFIG>"""

GRANDSTREAM = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<gs_provision><config version="2">
<item name="account.1.enable">Yes</item>
<item name="account.1"><part name="name">LDN-01</part><part name="sip.transport">TCP</part></item>
<item name="account.1.sip.server.1.address">127.0.0.9:5066</item>
<item name="account.1.sip.userid">acme.LDN-01</item>
<item name="account.1.sip.subscriber"><part name="userid">acme.LDN-01</part>
<part name="password">{_XML_PASSWORD}</part><part name="name">Ünal &amp; Co</part></item>
<item name="account.1.sip.voicemail.number">*97</item>
<item name="pks.vpk.2.keyMode">BLF</item><item name="pks.vpk.2.value">102</item>
<item name="pks.vpk.2.description">Bob = boss</item>
<item name="users.admin.password">a-word</item><item name="sip.notify.challenge">No</item>
</config></gs_provision>"""

SNOM_LIST = '<setting-files><file url="{url}{{mac}}.xml"/></setting-files>'
SNOM = f"""\
<settings><phone-settings e="2">
<user_active idx="1" perm="R">on</user_active>
<user_realname idx="1" perm="R">Ünal &amp; Co</user_realname>
<user_name idx="1" perm="R">acme.LDN-01</user_name>
<user_pname idx="1" perm="R">acme.LDN-01</user_pname>
<user_pass idx="1" perm="R">{_XML_PASSWORD}</user_pass>
<user_host idx="1" perm="R">127.0.0.9:5066;transport=tcp</user_host>
<user_idle_text idx="1" perm="R">LDN-01</user_idle_text>
<user_mailbox idx="1" perm="R">*97</user_mailbox>
<admin_mode_password perm="R">a-word</admin_mode_password>
<language perm="!">English</language>
</phone-settings><functionKeys>
<fkey idx="0" context="active" label="" perm="">line</fkey>
<fkey idx="1" context="active" label="Bob = boss" perm="">blf 102|*8</fkey>
</functionKeys></settings>"""

CISCO = f"""\
<flat-profile>
<Line_Enable_1_>Yes</Line_Enable_1_><Proxy_1_>127.0.0.9:5066</Proxy_1_>
<SIP_Transport_1_>TCP</SIP_Transport_1_><User_ID_1_>acme.LDN-01</User_ID_1_>
<Auth_ID_1_>acme.LDN-01</Auth_ID_1_><Password_1_>{_XML_PASSWORD}</Password_1_>
<Display_Name_1_>Ünal &amp; Co</Display_Name_1_><Short_Name_1_>LDN-01</Short_Name_1_>
<Auth_Resync-Reboot_1_>No</Auth_Resync-Reboot_1_>
<Voice_Mail_Number>*97</Voice_Mail_Number><Admin_Password>a-word</Admin_Password>
<Extended_Function_2_>fnc=sd+blf+cp;sub=102@$PROXY;nme=Bob = boss</Extended_Function_2_>
<Time_Zone>GMT+05:30</Time_Zone></flat-profile>"""

FANVIL = f"""\
<sysConf><Version>2.0000000000</Version><sip><line index="1">
<PhoneNumber>acme.LDN-01</PhoneNumber>
<DisplayName>Ünal &amp; Co</DisplayName><SipName>LDN-01</SipName>
<RegisterAddr>127.0.0.9</RegisterAddr><RegisterPort>5066</RegisterPort>
<RegisterUser>acme.LDN-01</RegisterUser><RegisterPswd>{_XML_PASSWORD}</RegisterPswd>
<Transport>1</Transport><EnableReg>1</EnableReg><MWINum>*97</MWINum></line></sip>
<web><account index="1"><Name>admin</Name><Password>a-word</Password></account></web>
<dsskey><internal index="1"><Fkey index="2"><Type>1</Type><Value>102@1/bc*8</Value>
<Title>Bob = boss</Title></Fkey></internal></dsskey></sysConf>"""

MITEL = """\
# the handset of Ünal
^sip line1 user name: acme.LDN-01
^sip line1 auth name: acme.LDN-01
^sip line1 password: s3cr;t&<"'
^sip line1 registrar ip: 127.0.0.9
^sip line1 registrar port: 5066
^sip line1 transport protocol: 2
^sip line1 display name: Ünal & Co
^sip line1 screen name: LDN-01
sip line1 vmail: *97
prgkey2 type: blf
prgkey2 value: 102
prgkey2 label: Bob = boss
!admin password: a-word
"""

LINPHONE = f"""\
<config xmlns="http://www.linphone.org/xsds/lpconfig.xsd">
<section name="sip"><entry name="default_proxy" overwrite="true">0</entry></section>
<section name="proxy_0">
<entry name="reg_proxy" overwrite="true">&lt;sip:127.0.0.9:5066;transport=tcp&gt;</entry>
<entry name="reg_identity" overwrite="true"
>"Ünal &amp; Co" &lt;sip:acme.LDN-01@127.0.0.9&gt;</entry>
</section><section name="auth_info_0">
<entry name="username" overwrite="true">acme.LDN-01</entry>
<entry name="passwd" overwrite="true">{_XML_PASSWORD}</entry>
</section></config>"""

SOFTPHONE = json.dumps(
    {
        **{"name": "LDN-01", "display_name": "Ünal & Co", "user": "acme.LDN-01"},
        **{"auth_user": "acme.LDN-01", "password": ACCOUNT.password, "server": "127.0.0.9"},
        **{"port": "5066", "backup_server": "", "backup_port": "", "outbound_proxy": ""},
        **{"outbound_proxy_port": "", "transport": "tcp", "srtp": "off", "codecs": "ulaw alaw"},
        **{"voicemail": "*97", "phonebook": ""},
    },
    ensure_ascii=False,
)


_TRANSPORTS = {
    "transport_type = 1": "transport_type = 0",
    "TCPOnly": "UDPOnly",
    '"sip.transport">TCP': '"sip.transport">UDP',
    ";transport=tcp": "",
    "<SIP_Transport_1_>TCP": "<SIP_Transport_1_>UDP",
    "<Transport>1": "<Transport>0",
    "protocol: 2": "protocol: 1",
    '"transport": "tcp"': '"transport": "udp"',
}
"""What is written for TCP, and for UDP instead."""


def files_of(handset: Handset, account: Account = ACCOUNT) -> dict[str, str]:
    """By name, all of a handset's files; they give it that account."""
    return {name: _written(text, account) for name, text in _samples(handset).items()}


def _written(text: str, account: Account) -> str:
    if account.transport == "udp":
        for tcp, udp in _TRANSPORTS.items():
            text = text.replace(tcp, udp)
    text = text.replace(json.dumps(ACCOUNT.password), json.dumps(account.password))
    text = text.replace(_XML_PASSWORD, escape(account.password, {'"': "&quot;"}))
    text = text.replace(ACCOUNT.password, account.password).replace("5066", str(account.port))
    return text.replace(ACCOUNT.user, account.user).replace(ACCOUNT.host, account.host)


def _samples(handset: Handset) -> dict[str, str]:
    mac, upper = handset.mac, handset.mac.upper()
    return {
        "yealink": {f"{mac}.cfg": YEALINK},
        "poly": {
            "000000000000.cfg": POLY_MASTER,
            f"own-{mac}.cfg": POLY_OWN,
            "all.cfg": POLY_ALL,
        },
        "grandstream": {f"cfg{mac}.xml": GRANDSTREAM},
        "snom": {
            f"snom{handset.model}-{upper}.htm": SNOM_LIST.format(url=handset.url),
            f"{upper}.xml": SNOM,
        },
        "cisco": {f"Cisco/CP-8841-3PCC/{mac}.cfg": CISCO},
        "fanvil": {f"{mac}.cfg": FANVIL},
        "mitel": {f"{upper}.cfg": MITEL},
        "linphone": {"linphone.xml": LINPHONE},
        "softphone": {"account.json": SOFTPHONE},
    }[handset.vendor]
