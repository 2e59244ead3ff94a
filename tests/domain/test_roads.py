"""When a road counts as down, how long it is left alone, and how it comes up again."""

from datetime import UTC, datetime, timedelta

from bot.domain.roads import FAILURES, PAUSES, RoadState, Standing

NOW = datetime(2022, 9, 10, 3, 0, tzinfo=UTC)
UP = RoadState("kannel/main", Standing.UP, NOW - timedelta(days=1))


def failed(state, times, at=NOW):
    for _ in range(times):
        state = state.failed("503", at)
    return state


def probing(state):
    return RoadState(
        state.road, Standing.PROBING, state.since, state.code, state.failures, state.sent_at, state.probe_at
    )


def test_a_road_is_down_after_several_failures_in_a_row():
    assert failed(UP, FAILURES - 1).is_up
    down = failed(UP, FAILURES)
    assert (down.state, down.since, down.code) == (Standing.DOWN, NOW, "503")
    assert not down.may_probe(NOW)
    assert down.may_probe(NOW + PAUSES[0])


def test_what_works_in_between_starts_the_count_anew():
    shaky = failed(failed(UP, FAILURES - 1).worked(NOW, sent=True), FAILURES - 1)
    assert shaky.is_up


def test_texts_that_were_under_way_when_it_went_down_make_no_pause_longer():
    assert failed(UP, 50).probe_at == NOW + PAUSES[0]


def test_each_probe_in_vain_makes_the_pause_longer_up_to_the_last():
    state, at, pauses = failed(UP, FAILURES), NOW, []
    for _ in range(len(PAUSES) + 2):
        at = state.probe_at
        state = probing(state).failed("503", at)
        pauses.append(state.probe_at - at)
    assert pauses == [*PAUSES[1:], PAUSES[-1], PAUSES[-1], PAUSES[-1]]
    assert state.since == NOW, "it has been down since then"


def test_the_first_text_that_is_taken_brings_it_up():
    up = probing(failed(UP, FAILURES)).worked(NOW + timedelta(minutes=1), sent=True)
    assert (up.state, up.since, up.failures, up.code) == (Standing.UP, NOW + timedelta(minutes=1), 0, "")
    assert up.sent_at == NOW + timedelta(minutes=1)


def test_a_text_that_the_provider_refuses_shows_that_the_road_works():
    assert probing(failed(UP, FAILURES)).worked(NOW, sent=False).is_up
