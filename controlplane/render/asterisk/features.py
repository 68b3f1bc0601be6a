"""Feature codes as dialplan: where each leads, and what is dialled behind it as a destination."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from controlplane.render.asterisk.elements import extension
from controlplane.render.asterisk.escape import word
from controlplane.render.asterisk.history import ENDED_CONTEXT
from controlplane.render.asterisk.names import (
    codes_context,
    emergency_context,
    hiding_context,
    open_context,
    others_context,
    tenant_context,
)
from controlplane.routing.plan import BARRED, UNKNOWN, FeatureRef, Flow, Plan
from controlplane.routing.state import WITHHELD


def features_dialplan(plan: Plan, enter: Callable[[Flow], str]) -> Iterator[str]:
    """The contexts of a tenant's codes. `enter` is the application that goes to a flow."""
    here = tenant_context(plan.tenant)
    yield f"[{hiding_context(plan.tenant)}]"
    yield f"include => {ENDED_CONTEXT}"
    if plan.hide:
        behind = f"CP_DIALLED=${{EXTEN:{len(plan.hide)}}}"
        hidden = f"MSet({behind},CP_HIDES={word(plan.hide)})"
        yield from extension(f"_{word(plan.hide)}.", hidden, "Goto(cp-from-handset,alone,1)")
    yield ""
    yield from _open(plan, enter)
    yield f"[{codes_context(plan.tenant)}]"
    yield f"include => {ENDED_CONTEXT}"
    yield f"include => {hiding_context(plan.tenant)}"
    for code, feature in plan.features.items():
        entered = enter(plan.flows[feature.flow])
        if not feature.takes:
            yield from _code(code, feature, entered)
            continue
        yield from extension(
            f"_{word(code)}.",
            f"Set(CP_KEY=${{EXTEN:{len(code)}}})",
            f"Gosub({here},target,1)",
            f'GotoIf($["${{CP_KEY}}" = ""]?{here},{UNKNOWN},1)',
            entered,
        )
    yield ""
    yield f"[{others_context(plan.tenant)}]"
    yield f"include => {ENDED_CONTEXT}"
    for number, destination in sorted(plan.extensions.items()):
        if destination != f"line/{number}":
            yield from extension(word(number), f"Set(CP_KEY={word(destination)})", "Return()")
    yield ""


def _code(code: str, feature: FeatureRef, entered: str) -> Iterator[str]:
    handset = ("Set(CP_KEY=${CP_HANDSET})",) if feature.of_handset else ()
    yield from extension(word(code), *handset, entered)


def _open(plan: Plan, enter: Callable[[Flow], str]) -> Iterator[str]:
    """What may be dialled where nobody is logged in."""
    here = tenant_context(plan.tenant)
    yield f"[{open_context(plan.tenant)}]"
    yield f"include => {ENDED_CONTEXT}"
    yield f"include => {hiding_context(plan.tenant)}"
    for code, feature in plan.features.items():
        if feature.open:
            yield from _code(code, feature, enter(plan.flows[feature.flow]))
    if plan.open_inside:
        there = f"${{DIALPLAN_EXISTS({here},${{EXTEN}},1)}}"
        barred = f"GotoIf($[{there} = 0]?{here},{BARRED},1)"
        inside = f"Goto({here},${{EXTEN}},1)"
        yield from extension("_[0-9]!", barred, f"Set(CP_NUMBER={WITHHELD})", inside)
    yield ""


def target_service(tenant: str) -> Iterator[str]:
    """A subroutine: what is dialled, in CP_KEY, as a stored destination; empty for none."""
    here, others = tenant_context(tenant), others_context(tenant)
    yield f"exten => target,1,GotoIf({_exists(emergency_context(tenant))}?none)"
    yield f" same => n,GotoIf({_exists(others)}?other)"
    yield f" same => n,GotoIf({_exists(here)}?line)"
    yield f" same => n,Gosub({here},e164,1)"
    yield " same => n,Return()"
    yield " same => n(line),Set(CP_KEY=line/${CP_KEY})"
    yield " same => n,Return()"
    yield f" same => n(other),Gosub({others},${{CP_KEY}},1)"
    yield " same => n,Return()"
    yield " same => n(none),Set(CP_KEY=)"
    yield " same => n,Return()"


def _exists(context: str) -> str:
    return f"${{DIALPLAN_EXISTS({context},${{CP_KEY}},1)}}"
