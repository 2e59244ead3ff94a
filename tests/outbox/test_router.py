"""Which road a text takes: a table of texts, roads and how they do."""

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.domain.messages import Reason
from bot.gateways.sandbox import SandboxAccount, SandboxGateway
from bot.outbox.router import Go, Never, Router, Standing, Wait, Wanted

NOW = datetime(2022, 9, 10, 3, 0, tzinfo=UTC)  # noon in Tokyo
LATER, MUCH_LATER = NOW + timedelta(seconds=30), NOW + timedelta(minutes=5)
DOWN, FULL = Standing(down_until=LATER), Standing(full_until=LATER)


class CountsNewlinesTwice(SandboxGateway):
    def length(self, text):
        return super().length(text) + text.count("\n")


def road(account, kind=SandboxGateway, **given):
    return kind(SandboxAccount(kind="sandbox", account=account, sender="+815012345678", url="http://x", **given))


def wanted(text="こんにちは", phone="+819012345678", **given):
    about = {"office": "main", "kind": "answer", "language": "ja", "timezone": "Asia/Tokyo", **given}
    return Wanted(phone=phone, text=text, **about)


def choose(text, *roads, **standings):
    found = {f"sandbox/{account}": standing for account, standing in standings.items()}
    return Router(roads).choose(text, found, NOW)


ONE, TWO = road("one", order=1), road("two", order=2)

TAKEN = [
    # label, text, roads, standings, account that is taken
    ("the smallest order", wanted(), (TWO, ONE), {}, "one"),
    ("only for another office", wanted(), (road("one", order=1, offices=("north",)), TWO), {}, "two"),
    ("for this office", wanted(office="north"), (TWO, road("three", order=1, offices=("north",))), {}, "three"),
    ("by prefix", wanted(phone="+817011112222"), (road("one", order=1, prefixes=("+8190",)), TWO), {}, "two"),
    ("a prefix as people dial it", wanted(), (TWO, road("one", order=1, prefixes=("080", "090"))), {}, "one"),
    ("a prefix without plus", wanted(), (TWO, road("one", order=1, prefixes=("8190",))), {}, "one"),
    ("by kind", wanted(kind="emergency"), (ONE, road("sos", order=0, kinds=("emergency",))), {}, "sos"),
    ("not that kind", wanted(), (road("sos", order=0, kinds=("emergency",)), ONE), {}, "one"),
    ("by language", wanted(language="en"), (road("ja", order=0, languages=("ja", "ja-easy")), ONE), {}, "one"),
    ("the first is down", wanted(), (ONE, TWO), {"one": DOWN}, "two"),
    ("full, and the operator lets texts go over", wanted(), (road("one", order=1, overflow=True), TWO),
     {"one": FULL}, "two"),
    ("guidance to call 119 does not wait for a rate", wanted(kind="emergency"), (ONE, TWO), {"one": FULL}, "two"),
    ("guidance that one did not take", wanted(kind="emergency", avoid="sandbox/one"), (ONE, TWO), {}, "two"),
    ("an answer that one did not take", wanted(avoid="sandbox/one"), (ONE, TWO), {}, "one"),
    ("pinned to its road, though another would fit", wanted(only="sandbox/two"), (ONE, TWO), {}, "two"),
    ("pinned, whatever its rules", wanted(only="sandbox/one"), (road("one", kinds=("staff",)), TWO), {}, "one"),
    ("quiet hours of the road", wanted(kind="scheduled"),
     (road("one", order=1, quiet_from=time(11), quiet_until=time(13)), TWO), {}, "two"),
    ("quiet hours do not hold an answer", wanted(),
     (road("one", order=1, quiet_from=time(11), quiet_until=time(13)), TWO), {}, "one"),
    ("characters that the first would break", wanted("𠮷野さん"), (road("one", order=1, charset="shift_jis"), TWO), {},
     "two"),
    ("rewriting is not allowed there", wanted("髙橋さん"),
     (road("one", order=1, charset="shift_jis", rewrite=False), TWO), {}, "two"),
    ("too long for the first", wanted("あ" * 71), (road("one", order=1, longest=70), TWO), {}, "two"),
    ("as long as it may be", wanted("あ" * 70), (road("one", order=1, longest=70), TWO), {}, "one"),
    ("a provider that counts newlines twice", wanted("あ" * 68 + "\n\n"),
     (road("one", CountsNewlinesTwice, order=1, longest=70), TWO), {}, "two"),
]  # fmt: skip


@pytest.mark.parametrize("text, roads, standings, taken", [case[1:] for case in TAKEN], ids=[case[0] for case in TAKEN])
def test_a_text_takes_the_first_road_that_fits(text, roads, standings, taken):
    choice = choose(text, *roads, **standings)
    assert isinstance(choice, Go)
    assert choice.road == f"sandbox/{taken}"


WAITING = [
    ("all are down", wanted(), (ONE, TWO), {"one": Standing(down_until=MUCH_LATER), "two": DOWN},
     Wait(LATER, "road_down")),
    ("full, and the operator lets nothing go over", wanted(), (ONE, TWO), {"one": FULL}, Wait(LATER, "road_full")),
    ("pinned to a road that is down", wanted(only="sandbox/one"), (ONE, TWO), {"one": DOWN}, Wait(LATER, "road_down")),
    ("the only road that carries it is down", wanted("𠮷野"), (road("one", order=1, charset="cp932"), TWO),
     {"two": DOWN}, Wait(LATER, "road_down")),
    ("quiet hours everywhere", wanted(kind="scheduled"), (road("one", quiet_from=time(11), quiet_until=time(13)),), {},
     Wait(NOW + timedelta(hours=1), "road_quiet")),
]  # fmt: skip


@pytest.mark.parametrize("text, roads, standings, wait", [case[1:] for case in WAITING], ids=[c[0] for c in WAITING])
def test_a_text_waits_for_the_road_that_is_free_first(text, roads, standings, wait):
    assert choose(text, *roads, **standings) == wait


NEVER = [
    ("no road is for it", wanted(), (road("one", offices=("north",)),), Never("no_road", Reason.ACCOUNT)),
    ("its road is gone", wanted(only="sandbox/old"), (ONE,), Never("road_gone", Reason.ACCOUNT)),
    ("every road would break it", wanted("𠮷野"), (road("one", charset="shift_jis"), road("two", charset="cp932")),
     Never("characters", Reason.BAD_TEXT)),
    ("nothing would be left of it", wanted("😀"), (road("one", charset="shift_jis"),),
     Never("characters", Reason.BAD_TEXT)),
    ("too long for every road", wanted("あ" * 71), (road("one", longest=70),), Never("too_long", Reason.BAD_TEXT)),
]  # fmt: skip


@pytest.mark.parametrize("text, roads, never", [case[1:] for case in NEVER], ids=[case[0] for case in NEVER])
def test_a_text_that_no_road_takes_is_told_of(text, roads, never):
    assert choose(text, *roads) == never


def test_a_text_is_written_for_the_road_that_it_takes():
    choice = choose(wanted("9～12時 髙橋さん😀"), road("one", charset="shift_jis"))
    assert choice.fitted.text == "9〜12時 高橋さん"
    assert choice.fitted.changes == (("～", "〜"), ("髙", "高"), ("😀", ""))
