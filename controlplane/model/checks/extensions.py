"""Extensions: one owner each, of the tenant's length, and none an emergency number."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import Diagnostic
from controlplane.model.checks.context import Context


def faults(context: Context) -> Iterator[Diagnostic]:
    owners: dict[str, str] = {key: f"lines/{key}" for key in context.faulty.get("lines", ())}
    for extension, owner, place in _written(context):
        first = owners.setdefault(extension, owner)
        if first != owner:
            yield context.fault(
                place,
                f"extension {extension} is taken by {first}",
                "give one of them another extension",
            )
    yield from _forms(context)


def _written(context: Context) -> Iterator[tuple[str, str, str]]:
    """Every extension with its owner and the place that says so."""
    for extension in context.system.lines:
        yield extension, f"lines/{extension}", f"lines/{extension}"
    for extension in context.system.mailboxes:
        yield extension, f"mailboxes/{extension}", f"mailboxes/{extension}"
    for name, group in context.system.groups.items():
        if group.extension is not None:
            yield group.extension, f"groups/{name}", f"groups/{name}/extension"


def _forms(context: Context) -> Iterator[Diagnostic]:
    settings = context.system.settings
    least, most = settings.extension_digits.least, settings.extension_digits.most
    if least > most:
        yield context.fault(
            "settings/extension_digits",
            f"at least {least} and at most {most} digits leaves no extension",
            "make most at least as large as least",
        )
    check_digits = least <= most and context.knows_setting("extension_digits")
    emergency = set()
    if context.knows_setting("emergency_numbers"):
        emergency = set(settings.emergency_numbers)
    for extension, _, place in _written(context):
        if extension in emergency:
            yield context.fault(
                place,
                f"extension {extension} is an emergency number",
                "give it another extension: emergency calls always go out",
            )
        if check_digits and not least <= len(extension) <= most:
            span = f"{least} to {most}" if least < most else f"{least}"
            yield context.fault(
                place,
                f"extension {extension} has {len(extension)} digits, where {span} are allowed",
                "give it another extension, or widen extension_digits",
            )
