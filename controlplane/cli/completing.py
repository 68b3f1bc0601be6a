"""Addresses completed in a shell, from what is stored."""

from __future__ import annotations

import click

from controlplane.model.documents import COLLECTIONS, SETTINGS


def complete(
    ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    """Addresses for the shell, one step further than typed; nothing where anything is wrong."""
    from click.shell_completion import CompletionItem

    from controlplane.cli.session import Session
    from controlplane.service.addresses import value_at

    try:
        session = ctx.ensure_object(Session)
        done, _, _ = incomplete.rpartition("/")
        with session.store() as store:
            if not done:
                words = [f"{tenant}/" for tenant in store.tenants()]
            else:
                tenant = done.split("/")[0]
                value = value_at(done, tenant, store.documents(tenant))
                words = [f"{done}/{key}" for key in value] if isinstance(value, dict) else []
                if done == tenant:
                    words = [f"{tenant}/{name}/" for name in (SETTINGS, *COLLECTIONS)]
    except Exception:
        # A completion that complains would garble the line being typed.
        return []
    return [CompletionItem(word) for word in words if word.startswith(incomplete)][:200]
