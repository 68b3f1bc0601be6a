"""The configuration of where handsets fetch their files."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from controlplane.model.deployment import ProvisioningServer

URL = "https://phones.example"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "serves nothing"),
        ({"tls_port": 8443}, "give it a certificate and a key"),
        ({"tls_port": 8443, "certificate": "a.pem"}, "give it a certificate and a key"),
        ({"port": 80, "tls_port": 80, "certificate": "a", "key": "b"}, "one port for both"),
        ({"port": 80, "networks": ["10.0.0.0/33"]}, "is no network"),
    ],
)
def test_what_serves_nobody_is_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        ProvisioningServer(public_url=URL, **given)


def test_networks_are_written_alike() -> None:
    made = ProvisioningServer(public_url=URL, port=80, networks=("10.1.2.3/8", "2001:DB8::1"))
    assert made.networks == ("10.0.0.0/8", "2001:db8::1/128")
