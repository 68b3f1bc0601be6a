"""What a tenant may ask for and FreeSWITCH, as it is configured here, does not do (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import Diagnostic
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.trunk import Transport


def lacking(system: PhoneSystem) -> Iterator[Diagnostic]:
    """Trunks over TLS: a profile with TLS does not start without a certificate of its own, and then
    takes all other calls with it."""
    for name, trunk in sorted(system.trunks.items()):
        if trunk.enabled and trunk.transport is Transport.TLS:
            yield Diagnostic(
                "a FreeSWITCH here has no trunks over TLS",
                f"{system.tenant}/trunks/{name}/transport",
                "use tcp or udp, or an Asterisk",
            )
