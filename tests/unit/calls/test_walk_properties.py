"""Whatever the phone system, the call and the outcomes: the walk ends, and never raises."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controlplane.calls.call import Decision, ended
from controlplane.calls.explain import explanation
from controlplane.calls.facts import Facts
from controlplane.calls.simulator import simulate
from controlplane.calls.walk import resume, walk
from controlplane.routing.compiler import compile_plan
from controlplane.routing.steps import Hangup, Outcome, Ring
from controlplane.routing.stored import state_of
from tests.conformance.generated import scenarios
from tests.conformance.scenario import NOON, Scenario

NOW = Facts(NOON)

PLACES = 6
"""Lines and groups of a generated system; each is visited once, with two steps at most."""

BOUND = 2 * PLACES + 6
"""And as many trunks, prompts and releases as may follow."""

FAILURES = st.lists(
    st.sampled_from([Outcome.BUSY, Outcome.NO_ANSWER, Outcome.OFFLINE]),
    min_size=BOUND,
    max_size=BOUND,
)
SETTINGS = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(scenarios(), FAILURES)
def test_any_call_ends_and_resuming_is_going_on(
    scenario: Scenario, outcomes: list[Outcome]
) -> None:
    numbered = scenario.numbered(101)
    system = numbered.system()
    plan, state = compile_plan(system), state_of(system)
    decisions = walk(plan, state, numbered.call, NOW)
    decision = next(decisions)
    seen: list[Decision] = [decision]
    for failure in outcomes:
        outcome = failure if isinstance(decision.step, Ring) else Outcome.DONE
        try:
            following = decisions.send(outcome)
        except StopIteration:
            break
        resumed = resume(plan, state, decision.caller, decision.point, outcome, NOW)
        # Reasons that are made only when somebody asks are the same where what they say is.
        assert resumed._replace(reasons=()) == following._replace(reasons=())
        assert resumed.notes == following.notes
        decision = following
        seen.append(decision)
    assert isinstance(decision.step, Hangup)
    assert len(seen) <= BOUND


@SETTINGS
@given(scenarios())
def test_any_system_compiles_alike_twice_and_its_journey_is_told_consistently(
    scenario: Scenario,
) -> None:
    numbered = scenario.numbered(101)
    system = numbered.system()
    plan = compile_plan(system)
    assert compile_plan(system) == plan
    journey = simulate(plan, state_of(system), numbered.call, numbered.world, NOW)
    ends = [journey.answered is not None, journey.gone, journey.cause is not None]
    assert ends.count(True) == 1
    assert all(not ended(stage.outcome) for stage in journey.stages[:-1])
    assert set(journey.rang) <= set(journey.shown)
    if journey.answered:
        assert journey.answered in journey.rang
    told = explanation(journey)
    assert len(told["steps"]) == len(journey.stages)
    assert all(reason["address"] for step in told["steps"] for reason in step["reasons"])
