"""Feature codes as dialplan: where each leads, and what is dialled behind it as a destination."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
        yield f"exten => _{word(plan.hide)}.,1,MSet({behind},CP_HIDES={word(plan.hide)})"
        yield " same => n,Goto(cp-from-handset,alone,1)"
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
        yield f"exten => _{word(code)}.,1,Set(CP_KEY=${{EXTEN:{len(code)}}})"
        yield f" same => n,Gosub({here},target,1)"
        yield f' same => n,GotoIf($["${{CP_KEY}}" = ""]?{here},{UNKNOWN},1)'
        yield f" same => n,{entered}"
    yield ""
    yield f"[{others_context(plan.tenant)}]"
    yield f"include => {ENDED_CONTEXT}"
    for extension, destination in sorted(plan.extensions.items()):
        if destination != f"line/{extension}":
            yield f"exten => {word(extension)},1,Set(CP_KEY={word(destination)})"
            yield " same => n,Return()"
    yield ""


def _code(code: str, feature: FeatureRef, entered: str) -> Iterator[str]:
    if not feature.of_handset:
        yield f"exten => {word(code)},1,{entered}"
        return
    yield f"exten => {word(code)},1,Set(CP_KEY=${{CP_HANDSET}})"
    yield f" same => n,{entered}"


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
        yield f"exten => _[0-9]!,1,GotoIf($[{there} = 0]?{here},{BARRED},1)"
        yield f" same => n,Set(CP_NUMBER={WITHHELD})"
        yield f" same => n,Goto({here},${{EXTEN}},1)"
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
