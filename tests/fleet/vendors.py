"""The vendors there are emulators of, by the name their models go by."""

from __future__ import annotations

from tests.fleet.cisco import Cisco
from tests.fleet.fanvil import Fanvil
from tests.fleet.grandstream import Grandstream
from tests.fleet.handset import Handset
from tests.fleet.linphone import Linphone
from tests.fleet.mitel import Mitel
from tests.fleet.poly import Poly
from tests.fleet.snom import Snom
from tests.fleet.softphone import Softphone
from tests.fleet.yealink import Yealink

VENDORS: dict[str, type[Handset]] = {
    it.vendor: it
    for it in (
        *(Yealink, Poly, Grandstream, Snom, Cisco, Fanvil, Mitel),
        *(Linphone, Softphone),
    )
}
