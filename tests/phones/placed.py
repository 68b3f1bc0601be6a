"""A call under way: watched, and waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.phones.observe import CallResult, call_result
from tests.phones.sipp import Sipp, SippFailed
from tests.phones.trace import Message, Trace


class PlacedCall:
    """A call under way; `wait()` for its result. `forget` is called once, when it is over."""

    def __init__(self, sipp: Sipp, *, longest: float, forget: Callable[[], None]) -> None:
        self._sipp = sipp
        self._ends_at = time.monotonic() + longest
        self._forget = forget
        self._result: CallResult | None = None

    def done(self) -> bool:
        """Whether the call is over."""
        return not self._sipp.running()

    def messages(self) -> tuple[Message, ...]:
        """What was sent and received so far."""
        return Trace(self._sipp.trace).messages()

    def wait_answered(self, seconds: float = 10.0) -> bool:
        """Waits until the engine has answered; False if the call ended or time ran out."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            over = self.done()
            if call_result(self.messages()).answered:
                return True
            if over:
                return False
            time.sleep(0.02)
        return False

    def wait_ringing(self, seconds: float = 10.0) -> bool:
        """Waits until the caller heard that it rings; False if the call ended or time ran out."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            over = self.done()
            if call_result(self.messages()).provisional:
                return True
            if over:
                return False
            time.sleep(0.02)
        return False

    def wait(self) -> CallResult:
        """Waits for the end of the call; a call longer than the bank allows is cut off."""
        if self._result is None:
            self._sipp.wait(max(0.0, self._ends_at - time.monotonic()))
            self._sipp.end()
            self._forget()
            messages = self.messages()
            if not messages:
                raise SippFailed(f"no call was placed: {self._sipp.complaint()}")
            self._result = call_result(messages)
        return self._result
