"""Elements of the XML dialplan. Expressions are our own; what others wrote is words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from controlplane.render.freeswitch.escape import attribute, word
from controlplane.render.freeswitch.names import CALLS, REALM
from controlplane.routing.nodes import Arg, Value

EMPTY = "^$"

ACTIVE = "${cp_active}"
"""What the keys of the active rule begin with."""


def action(application: str, data: str = "", *, inline: bool = False, unless: bool = False) -> str:
    """`inline`: done while the extension is read, so that later conditions see it.

    `unless`: done where the condition does not hold.
    """
    tag = "anti-action" if unless else "action"
    written = f'<{tag} application="{attribute(application)}"'
    if data:
        written += f' data="{attribute(data)}"'
    return written + (' inline="true"/>' if inline else "/>")


def set_now(assignment: str, *, unless: bool = False) -> str:
    return action("set", assignment, inline=True, unless=unless)


def set_all(assignments: str, *, unless: bool = False) -> str:
    """Several at once; no value may hold a blank."""
    return action("multiset", assignments, inline=True, unless=unless)


@lru_cache(1000)
def transfer(extension: str, context: str, *, unless: bool = False) -> str:
    return action("transfer", f"{extension} XML {context}", unless=unless)


def when(field: str, expression: str, *actions: str) -> str:
    """The extension ends with the first of these that holds."""
    return _condition(_test(field, expression) + ' break="on-true"', actions)


def either(field: str, expression: str, *actions: str) -> str:
    """Actions, and anti-actions; the conditions after it are looked at in both cases."""
    return _condition(_test(field, expression) + ' break="never"', actions)


def only(field: str, expression: str, *actions: str) -> str:
    """The extension ends with the first of these that does not hold. Actions are anti-actions, but
    for those to take where it holds."""
    return _condition(_test(field, expression) + ' break="on-false"', actions)


def always(*actions: str) -> str:
    return _condition("", actions)


def extension(name: str, *conditions: str, goes_on: bool = False) -> str:
    """`goes_on`: with the extension behind it."""
    more = ' continue="true"' if goes_on else ""
    return f'<extension name="{attribute(name)}"{more}>{"".join(conditions)}</extension>'


def context(name: str, extensions: Iterable[str]) -> str:
    return "\n".join((f'<context name="{attribute(name)}">', *extensions, "</context>"))


def to_node(here: str, index: int) -> str:
    """On to a node of the routine whose context is `here`."""
    return transfer(f"n{index}", here)


def otherwise(here: str, index: int) -> str:
    """The same, where the condition does not hold."""
    return transfer(f"n{index}", here, unless=True)


def value(of: Value) -> str:
    """The value, or the dialplan expression that yields it."""
    return f"${{cp_args[{of.index}]}}" if isinstance(of, Arg) else word(of)


def state(key: str) -> str:
    """The expression of a stored key of the call's tenant."""
    return f"${{db(select/{REALM}/${{cp_tenant}}.{key.replace('/', '.')})}}"


def call_of(
    subroutine: str, back: str, here: str, given: str, *, unless: bool = True
) -> tuple[str, str]:
    """Sends a call to an extension of all calls, from which it comes to `back`."""
    data = f"{given} cp_then={back} cp_where={here}".strip()
    return set_all(data, unless=unless), transfer(subroutine, CALLS, unless=unless)


def in_parts(what: str, back: str, here: str) -> str:
    """Sends a call whose cp_<what> is a list with parts elsewhere to where it becomes whole."""
    return when(f"${{cp_{what}}}", "~", *call_of(f"whole-{what}", back, here, "", unless=False))


def _test(field: str, expression: str) -> str:
    return f' field="{attribute(field)}" expression="{attribute(expression)}"'


def _condition(test: str, actions: Iterable[str]) -> str:
    return f"<condition{test}>{''.join(actions)}</condition>"
