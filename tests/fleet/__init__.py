"""Emulated handsets, one module a vendor: they fetch, parse strictly, register by what they read.

Written from what vendors publish of their phones, and apart from the renderer: what both get wrong
in the same way is all that they cannot show.
"""

from tests.fleet.handset import Answer, Handset
from tests.fleet.learned import Account, Key, Learned
from tests.fleet.phone import FleetPhone
from tests.fleet.strict import Malformed
from tests.fleet.vendors import VENDORS

__all__ = [
    "VENDORS",
    "Account",
    "Answer",
    "FleetPhone",
    "Handset",
    "Key",
    "Learned",
    "Malformed",
]
