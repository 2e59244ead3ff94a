"""Roads with a past: one is down, texts have lives, some wait, a request is held."""

from datetime import timedelta

from bot.domain.gateway import WebRequest
from bot.storage.conversations import ensure_conversations
from bot.storage.refused import Contents, keep_refused
from bot.storage.roads import lock_roads, save_road

PHONE = "+819012345678"
OUTSIDE = "https://sms.city.sakura.lg.jp"
TEXTS = [
    ("delivered", "", timedelta(0)),
    ("undelivered", "absent", timedelta(0)),
    ("submitting", None, timedelta(0)),
    ("queued", "road_down", timedelta(0)),
    ("queued", "budget", timedelta(hours=9)),
    ("queued", None, timedelta(0)),
    ("queued", None, timedelta(hours=9)),
]
LIVES = [
    (1, "accepted", "", "", timedelta(minutes=5)),
    (1, "accepted", "8", "", timedelta(minutes=5)),
    (1, "delivered", "000", "", timedelta(minutes=4)),
    (2, "accepted", "", "", timedelta(minutes=5)),
    (2, "undelivered", "30003", "absent", timedelta(minutes=3)),
    (3, "retry", "503", "busy", timedelta(minutes=2)),
    (3, "retry", "503", "busy", timedelta(minutes=1)),
    (2, "undelivered", "old", "absent", timedelta(hours=2)),
]


async def seed_roads(tx, now, road="kannel/main", request=None):
    """``now`` is when all this is looked at."""
    (conversation,) = (await ensure_conversations(tx, "main", [PHONE], "Asia/Tokyo", now)).values()
    same = {
        "conversation_id": conversation, "number": 1, "step": "daily", "text_key": "daily_check", "kind": "scheduled",
        "text": "こんにちは", "segments": 1, "epoch": 0, "attempts": 1, "possible_duplicate": False, "created_at": now,
    }  # fmt: skip
    rows = [
        {**same, "id": at, "cause": at, "reference": f"r{at}", "state": state, "code": code, "due_at": now + later,
         "road": None if state == "queued" else road}
        for at, (state, code, later) in enumerate(TEXTS, 1)
    ]  # fmt: skip
    await tx.run(tx.t.outbox.insert(), rows)
    events = [
        {"outbox_id": text, "at": now - ago, "state": state, "road": road, "code": code, "reason": reason, "price": "",
         "carrier": ""}
        for text, state, code, reason, ago in LIVES
    ]  # fmt: skip
    await tx.run(tx.t.text_events.insert(), events)
    state = (await lock_roads(tx, [road], now))[road]
    for _ in range(3):
        state = state.failed("no_connection", now)
    await save_road(tx, state)
    kind, _, account = road.partition("/")
    held = request or WebRequest("POST", f"{OUTSIDE}/webhook/{road}", {}, b"from=%2B819012345678&text=hello")
    await keep_refused(tx, kind, account, "credentials", Contents(held), now)
