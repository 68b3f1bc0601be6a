"""What FreeSWITCH itself does for answering rules and groups: as Asterisk, by the same tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import phones
from tests.conformance.freeswitch import FreeSwitchStand
from tests.engines.freeswitch_process import require_freeswitch
from tests.engines.test_asterisk_rules import (
    Office,
    load,
    office,
    test_a_call_that_a_line_placed_counts_too,
    test_a_delay_as_long_as_the_ringing_never_rings,
    test_a_delayed_phone_rings_after_the_others_and_takes_the_call,
    test_a_line_with_one_path_is_busy_in_a_call,
    test_a_member_is_rung_where_it_forwards_to,
    test_a_mobile_has_to_confirm,
    test_a_mobile_that_rings_beside_shows_the_number_of_the_line,
    test_an_allowed_caller_is_not_screened,
    test_an_answer_spares_the_delayed_phone,
    test_lists_of_callers,
    test_members_in_a_call_are_not_rung,
    test_members_in_order,
    test_members_in_turn_and_at_random,
    test_nobody_of_plain_and_delayed,
    test_paths_are_free_again_when_the_call_has_gone_on,
    test_ring_times_in_rings_and_in_seconds,
    test_screening,
    test_the_delayed_phone_is_cancelled_when_another_answers,
    test_without_a_controller_it_goes_as_explain_says,
)

__all__ = [
    "office",
    "test_a_call_that_a_line_placed_counts_too",
    "test_a_delay_as_long_as_the_ringing_never_rings",
    "test_a_delayed_phone_rings_after_the_others_and_takes_the_call",
    "test_a_line_with_one_path_is_busy_in_a_call",
    "test_a_member_is_rung_where_it_forwards_to",
    "test_a_mobile_has_to_confirm",
    "test_a_mobile_that_rings_beside_shows_the_number_of_the_line",
    "test_an_allowed_caller_is_not_screened",
    "test_an_answer_spares_the_delayed_phone",
    "test_lists_of_callers",
    "test_members_in_a_call_are_not_rung",
    "test_members_in_order",
    "test_members_in_turn_and_at_random",
    "test_nobody_of_plain_and_delayed",
    "test_paths_are_free_again_when_the_call_has_gone_on",
    "test_ring_times_in_rings_and_in_seconds",
    "test_screening",
    "test_the_delayed_phone_is_cancelled_when_another_answers",
    "test_without_a_controller_it_goes_as_explain_says",
]

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

ENGINE, PHONES = "127.0.0.145", "127.0.0.146"


@dataclass
class FreeSwitchOffice(Office):
    def said(self) -> list[Path]:
        return list(self.folder.glob("state/tmp/cp-*"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    require_freeswitch()
    folder: Path = tmp_path_factory.mktemp("rules")
    with FreeSwitchStand(folder, ENGINE) as stand, phones.PhoneBank(stand.sip, PHONES) as bank:
        made = FreeSwitchOffice(stand, bank, folder)
        load(made, phones.ANSWERS)
        yield made
        print(stand.log()[-20000:])
