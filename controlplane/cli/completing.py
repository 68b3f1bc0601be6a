"""What a shell completes, from what is stored: addresses, rules, settings and their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import click

from controlplane.model.documents import COLLECTIONS, SETTINGS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from controlplane.cli.session import Session
    from controlplane.store.store import Store

Words = Callable[["Store", click.Context, str], Iterable[str]]
Completer = Callable[[click.Context, click.Parameter, str], list["CompletionItem"]]

_MOST = 200


def _completer(words: Words) -> Completer:
    """Those that begin as what is typed; nothing where anything is wrong."""

    def complete(
        ctx: click.Context, _parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from controlplane.cli.session import Session

        session: Session = ctx.ensure_object(Session)
        try:
            with session.store() as store:
                found = list(words(store, ctx, incomplete))
        except Exception:
            # A completion that complains would garble the line being typed.
            return []
        return [CompletionItem(word) for word in found if word.startswith(incomplete)][:_MOST]

    return complete


def _addresses(store: Store, _: click.Context, incomplete: str) -> Iterable[str]:
    """One step further than typed."""
    from controlplane.service.changes.addresses import value_at

    done, _slash, _rest = incomplete.rpartition("/")
    if not done:
        return [f"{tenant}/" for tenant in store.tenants()]
    tenant = done.split("/")[0]
    if done == tenant:
        return [f"{tenant}/{name}/" for name in (SETTINGS, *COLLECTIONS)]
    value = value_at(done, tenant, store.documents(tenant))
    if isinstance(value, list):
        value = {it["name"]: it for it in value if isinstance(it, dict) and "name" in it}
    return [f"{done}/{key}" for key in value] if isinstance(value, dict) else []


def _lines(store: Store, _: click.Context, incomplete: str) -> Iterable[str]:
    tenant, slash, _rest = incomplete.partition("/")
    if not slash:
        return [f"{it}/" for it in store.tenants()]
    return [f"{tenant}/{extension}" for extension in sorted(store.keys(tenant, "lines"))]


def _handsets(store: Store, _: click.Context, incomplete: str) -> Iterable[str]:
    tenant, slash, _rest = incomplete.partition("/")
    if not slash:
        return [f"{it}/" for it in store.tenants()]
    return [f"{tenant}/{key}" for key in sorted(store.keys(tenant, "handsets"))]


def _numbers(store: Store, _: click.Context, incomplete: str) -> Iterable[str]:
    tenant, slash, _rest = incomplete.partition("/")
    if not slash:
        return [f"{it}/" for it in store.tenants()]
    return [f"{tenant}/{e164}" for e164 in sorted(store.keys(tenant, "numbers"))]


def _targets(store: Store, ctx: click.Context, _: str) -> Iterator[str]:
    from controlplane.service.changes.offering import destinations

    tenant = _first(ctx, "number").split("/")[0]
    return map(str, destinations(store.system(tenant)))


def _first(ctx: click.Context, name: str) -> str:
    """The first argument: left over where the one typed is that of an option."""
    return ctx.params.get(name) or str(ctx.args[0])


def _rules(store: Store, ctx: click.Context, _: str) -> Iterable[str]:
    from controlplane.model.answering import DEFAULT_RULE
    from controlplane.service.changes.rules import address_of

    _revision, line = store.object_at(address_of(_first(ctx, "line")))
    return [*(it["name"] for it in (line or {}).get("rules", [])), DEFAULT_RULE]


def _frames(store: Store, ctx: click.Context, _: str) -> Iterable[str]:
    return sorted(store.keys(_first(ctx, "line").split("/")[0], "time_frames"))


def _settings_of_rule(store: Store, ctx: click.Context, incomplete: str) -> Iterator[str]:
    from controlplane.model.answering import DEFAULT_RULE
    from controlplane.service.changes.rules import address_of

    rule = ctx.params.get("rule") or ctx.params["name"]
    base = [] if rule == DEFAULT_RULE else ["rules", rule]
    return _pairs(store, ctx, address_of(_first(ctx, "line")), base, incomplete)


def _settings_of_handset(store: Store, ctx: click.Context, incomplete: str) -> Iterator[str]:
    from controlplane.service.handsets.listing import address_of

    return _pairs(store, ctx, address_of(_first(ctx, "handset")), [], incomplete)


def _values(store: Store, ctx: click.Context, incomplete: str) -> Iterator[str]:
    """Of the setting at the address, or of those of the object there."""
    from controlplane.service.changes.offering import values
    from controlplane.service.changes.setting import split

    place, path = split(_first(ctx, "address").strip("/"))
    if not path or (len(path) == 2 and path[0] == "rules"):
        yield from _pairs(store, ctx, place, path, incomplete)
        return
    tenant, collection, *key = place.split("/", 2)
    yield from values(store.system(tenant), collection, "".join(key), "/".join(path))


def _pairs(
    store: Store, ctx: click.Context, place: str, base: list[str], incomplete: str
) -> Iterator[str]:
    """`SETTING=`, or its values behind it."""
    from controlplane.model.answering import AnsweringRule
    from controlplane.model.phone_system import KINDS
    from controlplane.service.changes.offering import settings, values

    tenant, collection, *key = place.split("/", 2)
    typed = [it for it in ctx.params.get("values") or () if it != "="]
    name, equals, _text = incomplete.partition("=")
    if not equals and typed and "=" not in typed[-1]:
        # bash takes `=` for the end of a word.
        name, prefix = typed[-1], ""
    elif equals:
        prefix = f"{name}="
    else:
        yield from (f"{it}=" for it in settings(AnsweringRule if base else KINDS[collection]))
        return
    path = "/".join([*base, name])
    system = store.system(tenant)
    yield from (prefix + it for it in values(system, collection, "".join(key), path))


complete = _completer(_addresses)
complete_line = _completer(_lines)
complete_handset = _completer(_handsets)
complete_handset_settings = _completer(_settings_of_handset)
complete_number = _completer(_numbers)
complete_target = _completer(_targets)
complete_rule = _completer(_rules)
complete_frame = _completer(_frames)
complete_rule_settings = _completer(_settings_of_rule)
complete_values = _completer(_values)
