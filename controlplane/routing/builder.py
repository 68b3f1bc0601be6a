"""Builder: collects a flow's nodes and arguments, and interns equal routines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable

from controlplane.routing.nodes import Announce, Arg, Node, Release
from controlplane.routing.plan import Flow, Routine
from controlplane.routing.steps import Cause, Prompt


class Routines:
    """Every distinct routine of a plan, by name."""

    def __init__(self) -> None:
        self.by_name: dict[str, Routine] = {}
        self._names: dict[tuple[Node, ...], str] = {}
        self._by_shape: dict[Hashable, str] = {}

    def of_shape(self, shape: Hashable, nodes: Callable[[], tuple[Node, ...]]) -> str:
        """The routine of all flows that share `shape`; its nodes are made for the first only."""
        if (name := self._by_shape.get(shape)) is None:
            name = self._by_shape[shape] = self.intern(nodes())
        return name

    def intern(self, nodes: tuple[Node, ...]) -> str:
        if (name := self._names.get(nodes)) is None:
            name = hashlib.sha256(repr(nodes).encode()).hexdigest()[:12]
            self._names[nodes] = name
            self.by_name[name] = Routine(name, nodes)
        return name


class Builder:
    """Nodes refer to each other by index, so a flow is written back to front: `add` what
    comes last first. The node added last is where the flow starts (node 0 when finished)."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._args: list[str] = []

    def arg(self, value: str) -> Arg:
        """A value that may differ between flows of the same shape; equal values share one."""
        if value not in self._args:
            self._args.append(value)
        return Arg(self._args.index(value))

    def taken(self) -> Arg:
        """The argument the flow is given by its caller; ask for it after all `arg`s."""
        return Arg(len(self._args))

    def add(self, node: Node) -> int:
        self._nodes.append(node)
        return len(self._nodes) - 1

    def release(self, cause: Cause, prompt: Prompt | None = None) -> int:
        end = self.add(Release(cause))
        return end if prompt is None else self.add(Announce(prompt, end))

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(self._nodes)

    @property
    def args(self) -> tuple[str, ...]:
        return tuple(self._args)

    def flow(self, routines: Routines, address: str, *, takes: bool = False) -> Flow:
        """The finished flow. Its routine starts at its last node."""
        return Flow(routines.intern(self.nodes), self.args, address, takes)
