"""AMI framing: recorded answers in any pieces, and fields that would break out refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.live.ami.protocol import ListAction, Protocol, check_fields, new_action
from controlplane.live.ami.session import Reply, answer
from controlplane.live.errors import AmiError, CommandRefused, LinkLost

RECORDED = (Path(__file__).parents[3] / "data/ami/asterisk-22.10.txt").read_bytes()


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        pass


def open_protocol() -> tuple[Protocol, Wire]:
    protocol, wire = Protocol(), Wire()
    protocol.connection_made(wire)
    return protocol, wire


async def replies(*pieces: bytes) -> list[Reply | AmiError]:
    protocol, _ = open_protocol()
    actions = [ListAction({"Action": "X", "ActionID": f"a{number}"}) for number in range(1, 7)]
    protocol.submit(*actions)
    for piece in pieces:
        protocol.data_received(piece)
    assert not protocol.responses
    results: list[Reply | AmiError] = []
    for action in actions:
        try:
            results.append(await answer(action))
        except AmiError as error:
            results.append(error)
    return results


async def test_recorded_answers() -> None:
    login, tree, command, absent, unknown, deleted = await replies(RECORDED)
    assert isinstance(login, Reply)
    assert login.text("Message") == "Authentication accepted"
    assert isinstance(tree, Reply)
    assert [(event.get("Key"), event.get("Val")) for event in tree.events[:-1]] == [
        ("/rec/empty", ""),
        ("/rec/plain", "1"),
        ("/rec/quoted: é", '"q",${X};\\ 🙂 '),
    ]
    assert isinstance(command, Reply)
    lines = command.text("Output").splitlines()
    assert lines[0] == "[ Context 'work' created by 'pbx_config' ]"
    assert lines[1].startswith("  's' =>")
    assert lines[4:] == ["", "-= 1 extension (3 priorities) in 1 context. =-"]
    assert isinstance(absent, AmiError)
    assert absent.message == "Database entry not found"
    assert isinstance(unknown, AmiError)
    assert unknown.message.startswith("No such command 'no such thing'")
    assert isinstance(deleted, Reply)


async def test_cut_at_every_byte() -> None:
    whole = [str(item) for item in await replies(RECORDED)]
    for cut in range(1, len(RECORDED)):
        pieces = RECORDED[:cut], RECORDED[cut:]
        assert [str(item) for item in await replies(*pieces)] == whole
    single = [RECORDED[at : at + 1] for at in range(len(RECORDED))]
    assert [str(item) for item in await replies(*single)] == whole


async def test_the_end_of_the_connection_ends_what_waits() -> None:
    protocol, _ = open_protocol()
    action = new_action("Ping", {})
    protocol.submit(action)
    protocol.connection_lost(None)
    with pytest.raises(LinkLost, match="during Ping"):
        await action.future
    with pytest.raises(LinkLost):
        protocol.submit(new_action("Ping", {}))


async def test_what_is_written() -> None:
    protocol, wire = open_protocol()
    protocol.submit(new_action("PJSIPNotify", {"Endpoint": "é", "Variable": ["A=1", "B=2"]}))
    head, _, rest = wire.written.decode().partition("ActionID: ")
    assert head == "Action: PJSIPNotify\r\n"
    assert rest.partition("\r\n")[2] == ("Endpoint: é\r\nVariable: A=1\r\nVariable: B=2\r\n\r\n")


@given(st.lists(st.binary(max_size=40)))
def test_noise_raises_nothing(pieces: list[bytes]) -> None:
    async def feed() -> None:
        protocol, _ = open_protocol()
        protocol.submit(ListAction({"Action": "X", "ActionID": "a1"}))
        for piece in pieces:
            protocol.data_received(piece)
            protocol.data_received(b"\r\n")
        protocol.close()

    asyncio.run(feed())


@given(st.text(), st.text(max_size=8))
def test_no_field_breaks_out_of_its_line(value: str, key: str) -> None:
    try:
        check_fields("DBPut", {"Val": value, key: value})
    except CommandRefused:
        return
    assert not {"\r", "\n", "\0"} & set(value + key)
    assert ":" not in key


@pytest.mark.parametrize("bad", ["a\r\nAction: Logoff", "a\nb", "a\0b", "a\x1bb", "a\x85b"])
def test_control_characters(bad: str) -> None:
    for name, fields in ((bad, {}), ("X", {bad: "1"}), ("X", {"A": bad}), ("X", {"A": ["1", bad]})):
        with pytest.raises(CommandRefused):
            check_fields(name, fields)


def test_more_than_the_engine_reads() -> None:
    check_fields("X", {"A": "é" * 498})
    for fields in ({"A": "é" * 499}, {"A": ["1"] * 101}, {"ActionID": "1"}, {"action": "Ping"}):
        with pytest.raises(CommandRefused):
            check_fields("X", fields)
