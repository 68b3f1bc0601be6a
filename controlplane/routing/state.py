"""State: what people flip all day, as keys the engine and the driver hold alike.

A key is `line/<extension>/<field>`, `handset/<name>/line`, `group/<key>/prefix` or
`mailbox/<extension>/operator`; an absent key is off or empty.
A change of state is one write in the engine's own store: nothing is rendered or reloaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from controlplane.model.boxes import mailboxes
from controlplane.model.destination import Destination, Kind
from controlplane.model.destination import parse as parse_destination
from controlplane.model.names import display_name
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.identity import presented_number
from controlplane.routing.plan import Occasion

State = Mapping[str, str]

ON = "1"
WITHHELD = "anonymous"


def phones_key(line: str) -> str:
    """The names of the handsets that serve the line, joined by `&`."""
    return f"line/{line}/phones"


def name_key(line: str) -> str:
    """The display name others see."""
    return f"line/{line}/name"


def cli_key(line: str) -> str:
    """The number shown outside: E.164, or `anonymous`."""
    return f"line/{line}/cli"


def dnd_key(line: str) -> str:
    return f"line/{line}/dnd"


def forward_key(line: str, occasion: Occasion) -> str:
    """Destinations joined by `&`."""
    return f"line/{line}/forward/{occasion}"


def serves_key(handset: str) -> str:
    """The extension of the line that the handset answers and calls for."""
    return f"handset/{handset}/line"


def prefix_key(group: str) -> str:
    """What stands, and a space, before the name of who calls the group."""
    return f"group/{group}/prefix"


def operator_key(mailbox: str) -> str:
    """The destination of a caller who presses 0 instead of leaving a message."""
    return f"mailbox/{mailbox}/operator"


def phones_of(state: State, line: str) -> tuple[str, ...]:
    text = state.get(phones_key(line), "")
    return tuple(text.split("&")) if text else ()


def forward_of(state: State, line: str, occasion: Occasion) -> tuple[Destination, ...]:
    text = state.get(forward_key(line, occasion), "")
    return tuple(parse_destination(item) for item in text.split("&")) if text else ()


def state_of(system: PhoneSystem) -> dict[str, str]:
    """The state that the model of a tenant asks for."""
    state = dict(_binding_state(system))
    state.update(pair for extension in system.lines for pair in _line_state(system, extension))
    for key, group in system.groups.items():
        if group.caller_name_prefix:
            state[prefix_key(key)] = group.caller_name_prefix
    for extension, box in mailboxes(system):
        if box.operator is not None:
            state[operator_key(extension)] = str(box.operator)
    return state


def _binding_state(system: PhoneSystem) -> Iterator[tuple[str, str]]:
    phones: dict[str, list[str]] = {}
    for name in sorted(system.handsets):
        if line := system.handsets[name].serves:
            phones.setdefault(line, []).append(name)
            yield serves_key(name), line
    for line, names in phones.items():
        yield phones_key(line), "&".join(names)


def _line_state(system: PhoneSystem, extension: str) -> Iterator[tuple[str, str]]:
    line = system.lines[extension]
    yield name_key(extension), display_name(system, extension)
    if line.hide_caller_id:
        yield cli_key(extension), WITHHELD
    elif number := presented_number(system, extension):
        yield cli_key(extension), number
    if line.do_not_disturb:
        yield dnd_key(extension), ON
    targets = line.forward
    if not targets.model_fields_set:
        return
    for occasion, destinations in (
        (Occasion.ALWAYS, targets.always),
        (Occasion.BUSY, targets.busy),
        (Occasion.UNANSWERED, targets.unanswered),
        (Occasion.OFFLINE, targets.offline),
    ):
        if destinations:
            yield forward_key(extension, occasion), "&".join(str(item) for item in destinations)


def flow_of(destination: Destination) -> tuple[str, str]:
    """The flow a destination means, and the argument it takes ("" for none)."""
    match destination.kind:
        case Kind.LINE | Kind.GROUP:
            return str(destination), ""
        case Kind.MAILBOX | Kind.HANDSET | Kind.EXTERNAL:
            return destination.kind.value, destination.key
