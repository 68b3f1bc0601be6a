"""Public numbers of a tenant: how they stand, and what people change of them.

Only an active number that is no site's main number can be acted on. Where a main number leads is
an administrator's to say, and nothing else of it changes. What a number's status is, and which site
it belongs to, is the operator's, who sets it where it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from controlplane.diagnostics import fault
from controlplane.model.acting import main_number_of, not_active, refusal
from controlplane.model.change_set import ChangeSet
from controlplane.model.checks.nearest import nearest
from controlplane.model.destination import Kind
from controlplane.model.names import display_name
from controlplane.model.numbering import rules_for
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.places import NumberStatus
from controlplane.service.changes.setting import Edit, changed_settings
from controlplane.store.store import Store

ROUTE = "to"
OURS = frozenset({ROUTE, "enabled"})
"""The settings of a number that people of the tenant change."""

NOT_ENABLED = "Not enabled"
NOT_APPLICABLE = "N/A"


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A number as a list of them shows it. `refused`: why nobody may act on it, "" where they may.
    `forward`: where its line always forwards to, NOT_ENABLED, or NOT_APPLICABLE."""

    number: str
    site: str
    main: bool
    status: str
    enabled: bool
    to: str
    extension: str
    assigned_to: str
    logged_in: tuple[str, ...]
    forward: str
    refused: str


def rows(system: PhoneSystem) -> Iterator[NumberRow]:
    """All numbers of a tenant, in order."""
    logins: dict[str, list[str]] = {}
    for name, handset in system.handsets.items():
        if handset.login:
            logins.setdefault(handset.login, []).append(name)
    for e164, number in sorted(system.numbers.items()):
        owner = main_number_of(system, e164)
        to = number.to
        line = to.key if to and to.kind is Kind.LINE else ""
        yield NumberRow(
            number=e164,
            site=number.site or owner or "",
            main=owner is not None,
            status=number.status.value,
            enabled=number.enabled,
            to=str(to) if to else "",
            extension=line or (_extension(system, to.key) if to and to.kind is Kind.GROUP else ""),
            assigned_to=display_name(system, line) if line else "",
            logged_in=tuple(logins.get(line, ())),
            forward=_forward(system, number.status, line),
            refused=refusal(system, e164),
        )


def _extension(system: PhoneSystem, group: str) -> str:
    found = system.groups.get(group)
    return (found.extension or "") if found else ""


def _forward(system: PhoneSystem, status: NumberStatus, line: str) -> str:
    if status is NumberStatus.RESERVED or not line:
        return NOT_APPLICABLE
    targets = system.lines[line].forward.always
    return ", ".join(map(str, targets)) or NOT_ENABLED


def changed_number(
    store: Store,
    number: str,
    edits: Mapping[str, Edit],
    author: str,
    reason: str = "",
    based_on: int | None = None,
    *,
    administrator: bool = False,
) -> ChangeSet:
    """`number`: `acme/+442071838751`, or as `acme/numbers/…`. Raises Faults, with the reason, where
    it cannot be acted on, or not so by whoever it is."""
    tenant, e164 = split(store, number)
    place = f"{tenant}/numbers/{e164}"
    if foreign := sorted(set(edits) - OURS):
        raise fault(f"{foreign[0]} of a number is the operator's to set", place)
    system = store.system(tenant)
    if why := not_active(system, e164):
        raise fault(f"{e164} {why}", place, "wait until it is active, or ask the operator")
    if main_number_of(system, e164) and not (administrator and set(edits) <= {ROUTE}):
        mend = "an administrator may set where its calls go, and nothing else"
        raise fault(f"{e164} {refusal(system, e164)}", place, mend)
    return changed_settings(store, place, edits, author, reason, based_on)


def split(store: Store, number: str) -> tuple[str, str]:
    """Tenant and E.164 of a number, which may be written as it is dialled in the tenant's country.
    Raises Faults where the tenant has no such number."""
    tenant, _, rest = number.strip("/").partition("/")
    written = re.sub(r"[\s().-]", "", rest.removeprefix("numbers/"))
    if not written:
        raise fault("is no number", number, "write TENANT/NUMBER, as acme/+442071838751")
    known = store.keys(tenant, "numbers")
    _, settings = store.object_at(f"{tenant}/settings")
    country = str((settings or {}).get("country", "GB"))
    e164 = rules_for(country).to_e164(written) or written
    if e164 not in known:
        near = nearest(e164, known)
        mend = f"did you mean {near!r}?" if near else f"`ctl number list {tenant}` has all"
        raise fault(f"there is no number {written!r}", f"{tenant}/numbers", mend)
    return tenant, e164
