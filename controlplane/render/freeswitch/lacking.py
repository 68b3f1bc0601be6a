"""What a tenant may ask for and FreeSWITCH, as it is configured here, does not do (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import Diagnostic
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.trunk import Transport
from controlplane.render.together import rung_together

MOST_TOGETHER = 100
"""Phones. Of 128 legs and more, FreeSWITCH rings some; beside the phones there may be others."""


def lacking(system: PhoneSystem) -> Iterator[Diagnostic]:
    """Trunks over TLS: a profile with TLS does not start without a certificate of its own, and then
    takes all other calls with it. And more phones at once than it rings."""
    for address, handsets in rung_together(system):
        if len(handsets) > MOST_TOGETHER:
            yield Diagnostic(
                f"{len(handsets)} phones are too many to ring together on a FreeSWITCH, of"
                f" {MOST_TOGETHER}",
                address,
                "ring them one after the other",
            )
    for name, trunk in sorted(system.trunks.items()):
        if trunk.enabled and trunk.transport is Transport.TLS:
            yield Diagnostic(
                "a FreeSWITCH here has no trunks over TLS",
                f"{system.tenant}/trunks/{name}/transport",
                "use tcp or udp, or an Asterisk",
            )
