"""Feature codes as dialplan: where each leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from controlplane.render.asterisk.escape import word
from controlplane.render.asterisk.history import ENDED_CONTEXT
from controlplane.render.asterisk.names import codes_context
from controlplane.routing.plan import Flow, Plan


def features_dialplan(plan: Plan, enter: Callable[[Flow], str]) -> Iterator[str]:
    """The context of a tenant's codes. `enter` is the application that goes to a flow."""
    yield f"[{codes_context(plan.tenant)}]"
    yield f"include => {ENDED_CONTEXT}"
    for code, feature in plan.features.items():
        yield f"exten => {word(code)},1,{enter(plan.flows[feature.flow])}"
    yield ""
