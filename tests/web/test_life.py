"""What is told of one text: in the order in which it happened, and when a late one really came."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.web.console.life import came_before, life
from bot.web.console.sheet import _reply

NOW = datetime(2022, 9, 10, 1, 0, tzinfo=UTC)
TEXT = {"created_at": NOW, "submitted_at": NOW, "settled_at": NOW, "state": "delivered", "road": "kannel/main"}
PLAIN = {"road": "kannel/main", "code": "", "reason": "", "segments": None, "price": "", "carrier": ""}


def event(state, seconds, said=None):
    said_at = None if said is None else NOW + timedelta(seconds=said)
    return {**PLAIN, "state": state, "at": NOW + timedelta(seconds=seconds), "said_at": said_at}


def test_of_one_moment_of_the_carrier_accepted_stands_before_delivered():
    events = [event("delivered", 3, 2), event("accepted", 4, 2), event("queued", 0), event("submitting", 1)]
    assert [moment.state for moment in life(TEXT, events)] == ["queued", "submitting", "accepted", "delivered"]


def test_what_the_carrier_says_of_different_moments_stays_as_it_came():
    events = [event("queued", 0), event("submitting", 1), event("delivered", 3, 5), event("accepted", 4, 2)]
    assert [moment.state for moment in life(TEXT, events)][-2:] == ["delivered", "accepted"]


def test_a_text_that_entered_late_tells_when_it_came_or_was_sent():
    ago, lately = (NOW - timedelta(hours=2)).isoformat(), (NOW - timedelta(seconds=50)).isoformat()
    assert came_before({"came_at": ago, "sent_at": lately}, NOW) == ("came_at", NOW - timedelta(hours=2))
    assert came_before({"came_at": lately, "sent_at": ago}, NOW) == ("sent_at", NOW - timedelta(hours=2))
    assert came_before({"sent_at": lately}, NOW) is came_before({}, NOW) is None


def test_the_evidence_sheet_tells_both_times_of_a_reply_that_was_held():
    row = {"received_at": NOW, "gateway": "kannel", "account": "main"}
    held = {**row, "payload": {"text": "1", "came_at": (NOW - timedelta(hours=2)).isoformat()}}
    at, _, _ = _reply(held, ZoneInfo("Asia/Tokyo"), with_text=True)
    assert at == "2022-09-10 10:00:00 +09:00 (届いたのは / came 2022-09-10 08:00:00 +09:00)"
