"""Roads are told until when a text means something: the daily question until the next one is due."""

from datetime import timedelta

from tests.outbox.test_sender import PHONE, consented

DAY = timedelta(days=1)


def listen(house, monkeypatch):
    """What the road is handed from now on."""
    gateway, heard = house.service.gateway, []
    send = gateway.send

    async def heard_and_sent(text):
        heard.append(text)
        return await send(text)

    monkeypatch.setattr(gateway, "send", heard_and_sent)
    return heard


async def test_the_daily_question_and_its_reminder_end_when_the_next_question_is_due(house, monkeypatch):
    heard = listen(house, monkeypatch)
    await consented(house, PHONE)
    assert [text.expires_at for text in heard] == [None] * len(heard), "the first text and answers have no end"
    heard.clear()
    await house.advance(house.clock.now() + DAY + timedelta(hours=8))
    next_check = max(text.expires_at for text in heard)
    assert len(heard) > 1, "the question, and a reminder"
    assert {text.expires_at for text in heard} == {next_check}
    assert timedelta(0) < next_check - house.clock.now() < DAY
    heard.clear()
    await house.send(PHONE, "1 36.5")
    assert [text.expires_at for text in heard] == [None], "an answer is never void"
