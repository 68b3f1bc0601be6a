"""What a file does not say about a secret stays as stored."""

from __future__ import annotations

from controlplane.service.changes.kept_secrets import secret_settings, with_kept_secrets


def test_the_settings_that_are_secrets() -> None:
    assert secret_settings() == {
        "settings": ("authorisation_codes",),
        "lines": ("default_pin",),
        "handsets": ("sip_password", "admin_password"),
        "trunks": ("password",),
    }


def test_only_what_is_not_mentioned_is_kept() -> None:
    stored = {
        "acme/trunks/one": {"host": "a", "password": "old"},
        "acme/trunks/two": {"host": "b", "password": "old"},
        "acme/trunks/gone": {"host": "c", "password": "old"},
        "acme/settings": {},
    }
    wanted = {"acme/trunks/one": {"host": "x"}, "acme/trunks/two": {"host": "b", "password": "new"}}
    assert with_kept_secrets(wanted, stored) == {
        "acme/trunks/one": {"host": "x", "password": "old"},
        "acme/trunks/two": {"host": "b", "password": "new"},
    }


def test_where_nothing_is_kept_nothing_is_copied() -> None:
    wanted = {"acme/trunks/one": {"host": "x", "password": "p"}}
    assert with_kept_secrets(wanted, {"acme/trunks/one": {"password": "q"}}) == wanted
