"""Passwords: those of a phone itself, and which of any the phones of a vendor take (pure)."""

from __future__ import annotations

import hashlib
import hmac
import re

from controlplane.render.phones.plain import plain
from controlplane.render.phones.vendor import Vendor

_KINDS = ("abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789")
"""Of passwords that people type at a phone: none that looks like another."""


def admin_password(secret: str) -> str:
    """Eighteen characters, six of each kind: some phones take none that lacks one of them."""
    return "".join(derived(secret, f"admin password {it}", it, 6) for it in _KINDS)


def derived(secret: str, purpose: str, alphabet: str, length: int) -> str:
    """Another secret made of a secret: the same each time, and the first is not to be had of it."""
    made = hmac.digest(secret.encode(), purpose.encode(), hashlib.sha512)
    return "".join(alphabet[byte % len(alphabet)] for byte in made[:length])


def admin_pin(own: str | None, secret: str) -> str:
    """The digits of phones that take nothing else: its own password if that is of digits."""
    return own if own and own.isdecimal() else derived(secret, "admin pin", "123456789", 9)


def no_sip_password(password: str, vendor: Vendor) -> str:
    """Why phones cannot be told it; "" where they can."""
    if set(password) & set(vendor.not_in_passwords):
        return f"phones of {vendor.title} take no SIP password with {vendor.not_in_passwords}"
    if plain(password).strip() != password:
        return "phones take no SIP password with a space at an end, or what cannot be seen in it"
    if len(password) > vendor.longest_password:
        most = vendor.longest_password
        return f"phones of {vendor.title} take SIP passwords of up to {most} characters only"
    return ""


def no_admin_password(password: str, vendor: Vendor) -> str:
    """What phones take instead; "" where they take it."""
    least, most = vendor.admin_passwords
    able = least <= len(password) <= most
    if vendor.pins:
        return "" if able and password.isdecimal() else f"{least} to {most} digits"
    if vendor.mixed:
        able = able and all(re.search(it, password) for it in ("[a-z]", "[A-Z]", "[0-9]"))
        return "" if able else f"{least} to {most} small letters, capitals and digits, each of them"
    return "" if able else f"{least} to {most} letters and digits"
