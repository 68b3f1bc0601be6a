"""A whole emulated phone: a handset that fetches, and a SIP agent that uses what it learned."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.fleet.handset import Handset
from tests.fleet.learned import Account, Learned
from tests.fleet.sip_agent import Placed, SipAgent


class FleetPhone:
    """At `ip`. A context manager; nothing runs before `boot`.

    On a NOTIFY that its vendor's phones obey it fetches again (some when their calls are over), and
    registers anew where the account is not what it was. What went wrong there is raised by
    `wait_rounds`.
    """

    def __init__(self, handset: Handset, ip: str) -> None:
        self.handset = handset
        self.ip = ip
        self.learned: Learned | None = None
        self._agent: SipAgent | None = None
        self._errors: list[Exception] = []
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for thread in self._threads:
            thread.join()
        if self._agent:
            self._agent.close()

    def boot(self) -> Learned:
        """Fetches and registers; a second round where the first one moved it to another folder."""
        with self._lock:
            before = self.handset.url
            learned = self.handset.provision()
            if self.handset.url != before:
                learned = self.handset.provision()
            self._use(learned)
            return learned

    @property
    def agent(self) -> SipAgent:
        assert self._agent is not None, "it has not booted"
        return self._agent

    def call(self, called: str, *, talk: float = 0.3, ring: float = 20.0) -> Placed:
        return self.agent.call(called, talk=talk, ring=ring)

    def wait_rounds(self, rounds: int, seconds: float = 15.0) -> None:
        """Until that many rounds of fetching are done, its registration included."""
        end = time.monotonic() + seconds
        while self.handset.rounds < rounds or any(it.is_alive() for it in self._threads):
            if self._errors:
                raise self._errors.pop()
            if time.monotonic() > end:
                heard = self._agent.events if self._agent else []
                raise AssertionError(f"{self.handset.rounds} rounds; it was told {heard}")
            time.sleep(0.02)
        if self._errors:
            raise self._errors.pop()

    def wait_learned(self, true: Callable[[Learned], bool], seconds: float = 40.0) -> None:
        """Until what it learned last is so."""
        end = time.monotonic() + seconds
        while self.learned is None or not true(self.learned):
            if self._errors:
                raise self._errors.pop()
            heard = self._agent.events if self._agent else []
            assert time.monotonic() < end, f"{self.learned}; it was told {heard}"
            time.sleep(0.02)

    def _use(self, learned: Learned) -> None:
        moved = self.learned is None or _way(learned.account) != _way(self.learned.account)
        self.learned = learned
        if self._agent and not moved:
            self._agent.account = learned.account
            return
        if self._agent:
            self._agent.close()
        self._agent = SipAgent(
            self.ip,
            learned.account,
            user_agent=self.handset.user_agent,
            on_event=self._told,
            challenges=lambda it: self.handset.challenges and self.handset.knows(it),
        )
        self._agent.register()

    def _told(self, event: str) -> None:
        if self.handset.obey(event):
            thread = threading.Thread(target=self._again, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _again(self) -> None:
        while self.handset.waits_until_idle and self.agent.busy:
            time.sleep(0.02)
        with self._lock:
            try:
                self._use(self.handset.provision())
            except Exception as error:  # raised where the test waits
                self._errors.append(error)


def _way(account: Account) -> tuple[object, ...]:
    """What a registration hangs on."""
    return account.user, account.auth_user, account.password, account.server, account.transport
