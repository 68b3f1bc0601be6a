"""The FreeSWITCH configuration of the event socket's tests: loopback calls, no SIP."""

from __future__ import annotations

from pathlib import Path

ADDRESS = "127.0.0.92"
PASSWORD = "s3cret"
CONTROLLER_PORT = 8084

MODULES = (
    "mod_logfile",
    "mod_event_socket",
    "mod_commands",
    "mod_dptools",
    "mod_dialplan_xml",
    "mod_loopback",
    "mod_tone_stream",
)

FREESWITCH = f"""<?xml version="1.0"?>
<document type="freeswitch/xml">
<section name="configuration">
<configuration name="modules.conf"><modules>
{"".join(f'<load module="{name}"/>' for name in MODULES)}
</modules></configuration>
<configuration name="switch.conf"><settings>
<param name="loglevel" value="debug"/>
<param name="sessions-per-second" value="1000"/>
<param name="max-sessions" value="5000"/>
</settings></configuration>
<configuration name="logfile.conf"><profiles><profile name="default">
<settings><param name="rollover" value="104857600"/></settings>
<mappings><map name="all" value="notice,warning,err,crit,alert"/></mappings>
</profile></profiles></configuration>
<configuration name="acl.conf"><network-lists>
<list name="here" default="deny"><node type="allow" cidr="127.0.0.0/25"/></list>
</network-lists></configuration>
<configuration name="event_socket.conf"><settings>
<param name="listen-ip" value="{ADDRESS}"/>
<param name="listen-port" value="8021"/>
<param name="password" value="{PASSWORD}"/>
<param name="apply-inbound-acl" value="here"/>
</settings></configuration>
</section>
<section name="dialplan"><context name="default">
<extension name="ask"><condition field="destination_number" expression="^ask$">
<action application="set" data="stage=asked"/>
<action application="set" data="socket_resume=true"/>
<action application="socket" data="{ADDRESS}:{CONTROLLER_PORT} async full"/>
<action application="set" data="stage=alone"/>
<action application="answer"/>
<action application="park"/>
</condition></extension>
<extension name="wait"><condition field="destination_number" expression="^wait$">
<action application="answer"/>
<action application="park"/>
</condition></extension>
</context></section>
<section name="directory"/>
</document>
"""


def write(conf: Path) -> Path:
    conf.mkdir(parents=True, exist_ok=True)
    (conf / "freeswitch.xml").write_text(FREESWITCH, "utf-8")
    return conf
