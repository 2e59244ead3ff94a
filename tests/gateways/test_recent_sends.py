"""A look-up that finds nothing just after an attempt is no reason to send again."""

from dataclasses import replace

import pytest

from bot.domain.clock import FixedClock
from bot.domain.messages import Outcome, Submitted
from bot.gateways.recent_sends import RecentSends
from tests.gateways.kit import BROKEN, NOW, TEXT, make_gateway, provider, says

NOT_YET = Submitted(Outcome.UNKNOWN, code="not_yet")
NEVER, TAKEN = Submitted(Outcome.RETRY, code="never_arrived"), Submitted(Outcome.ACCEPTED, "id")


def test_nothing_found_is_believed_a_minute_after_the_attempt():
    now = [1000.0]
    recent = RecentSends(lambda: now[0])
    recent.note("r1")
    assert recent.judged("r1", NEVER) == NOT_YET
    assert recent.judged("r1", TAKEN) == TAKEN
    now[0] += 60
    assert recent.judged("r1", NEVER) == NEVER
    recent.note("r1")
    assert recent.judged("r1", NEVER).outcome is Outcome.UNKNOWN


def test_an_attempt_of_another_process_is_judged_a_minute_after_the_first_question():
    now = [1000.0]
    recent = RecentSends(lambda: now[0])
    assert recent.judged("r1", NEVER) == NOT_YET
    now[0] += 59
    assert recent.judged("r1", NEVER) == NOT_YET
    now[0] += 1
    assert recent.judged("r1", NEVER) == NEVER
    assert recent.judged("r1", NEVER) == NOT_YET, "another process may have sent it again"


def test_not_every_text_is_remembered_for_ever():
    now = [0.0]
    recent = RecentSends(lambda: now[0])
    for number in range(10_001):
        recent.note(f"r{number}")
    now[0] += 60
    assert recent.judged("r10000", NEVER) == NEVER
    assert recent.judged("r0", NEVER) == NOT_YET, "asked about for the first time, as far as is known"


TRIED = replace(TEXT, submitted_at=NOW)
PROOF = {"kind": "path_secret", "key": "env:RECENT_SECRET"}
KINDS = {
    "karaden": ({"token": "env:RECENT_SECRET", "key": "env:RECENT_SECRET", "tenant_id": "t", "service_id": 1}, "data"),
    "infobip": ({"api_key": "env:RECENT_SECRET", "proof": PROOF}, "results"),
    "sinch": ({"service_plan_id": "p", "token": "env:RECENT_SECRET", "proof": PROOF}, "batches"),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_lagging_list_makes_nobody_send_twice(monkeypatch, kind):
    monkeypatch.setenv("RECENT_SECRET", "secret")
    given, name = KINDS[kind]
    async with provider(BROKEN["reset"]) as (url, there):
        gateway = make_gateway(kind, url=url, **given)
        gateway.clock = FixedClock(NOW)
        try:
            assert (await gateway.send(TEXT)).outcome is Outcome.UNKNOWN
            there.answer = says(200, f'{{"{name}": []}}'.encode())
            assert await gateway.ask(TRIED, None) == NOT_YET
        finally:
            await gateway.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_after_a_restart_a_lagging_list_makes_nobody_send_twice(monkeypatch, kind):
    monkeypatch.setenv("RECENT_SECRET", "secret")
    now, (given, name) = [1000.0], KINDS[kind]
    async with provider(says(200, f'{{"{name}": []}}'.encode())) as (url, _):
        gateway = make_gateway(kind, url=url, **given)
        gateway.clock = FixedClock(NOW)
        gateway._recent = RecentSends(lambda: now[0])
        try:
            assert await gateway.ask(TRIED, None) == NOT_YET
            now[0] += 60
            assert await gateway.ask(TRIED, None) == NEVER
        finally:
            await gateway.close()
