"""A look-up that finds nothing just after an attempt is no reason to send again."""

import pytest

from bot.domain.messages import Outcome, Submitted
from bot.gateways.recent_sends import RecentSends
from tests.gateways.kit import BROKEN, TEXT, make_gateway, provider, says

NEVER, TAKEN = Submitted(Outcome.RETRY, code="never_arrived"), Submitted(Outcome.ACCEPTED, "id")


def test_nothing_found_is_believed_a_minute_after_the_attempt():
    now = [1000.0]
    recent = RecentSends(lambda: now[0])
    assert recent.judged("r1", NEVER) == NEVER  # not of this process
    recent.note("r1")
    assert recent.judged("r1", NEVER) == Submitted(Outcome.UNKNOWN, code="not_yet")
    assert recent.judged("r1", TAKEN) == TAKEN
    now[0] += 60
    assert recent.judged("r1", NEVER) == NEVER
    recent.note("r1")
    assert recent.judged("r1", NEVER).outcome is Outcome.UNKNOWN


def test_not_every_text_is_remembered_for_ever():
    recent = RecentSends(lambda: 0.0)
    for number in range(10_001):
        recent.note(f"r{number}")
    assert recent.judged("r0", NEVER) == NEVER
    assert recent.judged("r1", NEVER).outcome is Outcome.UNKNOWN


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
        try:
            assert (await gateway.send(TEXT)).outcome is Outcome.UNKNOWN
            there.answer = says(200, f'{{"{name}": []}}'.encode())
            assert await gateway.ask(TEXT, None) == Submitted(Outcome.UNKNOWN, code="not_yet")
        finally:
            await gateway.close()
