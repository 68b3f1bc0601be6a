"""Which gateways are taken away before a rescan: those that differ, and no others."""

from __future__ import annotations

import pytest

from controlplane.live.errors import ProtocolError
from controlplane.live.freeswitch.gateways import changed, defined

CONFIGURED = """<configuration name="sofia.conf"><profiles><profile name="internal"><gateways>
<gateway name="cp-00ff"><param name="register" value="false"/></gateway>
<gateway name="acme.one"><param name="proxy" value="a:5060"/><variables>
<variable name="other" value="x"/><variable name="cp_made" value="1111"/></variables></gateway>
</gateways></profile></profiles></configuration>"""

STATUS = """<?xml version="1.0" encoding="ISO-8859-1"?>
<gateways>
  <gateway>
    <name>acme.one</name>
    <profile>internal</profile>
  </gateway>
  <gateway>
    <name>cp-00ff</name>
  </gateway>
</gateways>
"""


def test_both_documents_name_them() -> None:
    assert defined(CONFIGURED, "cp_made") == {"cp-00ff": "", "acme.one": "1111"}
    assert defined(STATUS, "") == {"acme.one": "", "cp-00ff": ""}


def test_only_those_that_differ_are_taken_away() -> None:
    wanted = {"cp-2": "", "same": "1", "other": "2", "new": "3"}
    have = {"cp-1": "", "same": "1", "other": "1", "gone": "4"}
    assert changed(wanted, have) == {"cp-1", "other", "gone"}
    assert changed(wanted, wanted) == set()


@pytest.mark.parametrize("answer", ["", "-ERR no reply\n", "<gateways><gateway>", "null"])
def test_another_answer_is_an_error(answer: str) -> None:
    with pytest.raises(ProtocolError, match="list of gateways"):
        defined(answer, "")
