"""What a tenant asks of its handsets that they cannot do (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import Diagnostic
from controlplane.model.checks.nearest import Suggestions
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.phones.catalogue import catalogue


def lacking(system: PhoneSystem) -> Iterator[Diagnostic]:
    """Models that are none of ours. A handset that says no model is set up by hand."""
    models = catalogue().models
    suggestions = Suggestions()
    for name, handset in system.handsets.items():
        if handset.model is not None and handset.model not in models:
            otherwise = "leave model out where a phone is set up by hand"
            yield Diagnostic(
                f"there is no handset model {handset.model!r}",
                f"{system.tenant}/handsets/{name}/model",
                suggestions.mend(handset.model, models, otherwise),
            )
