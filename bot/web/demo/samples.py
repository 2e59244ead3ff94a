"""Sample residents, brought to different steps by the real inbox, engine and outbox before the demo opens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.domain.states import Language
from bot.residents.roster import NewResident
from bot.storage.inbox import Arrival

if TYPE_CHECKING:
    from bot.inbox.intake import Intake
    from bot.residents.roster import Roster
    from bot.web.demo.clock import DemoClock
    from bot.web.demo.clockwork import Clockwork

_DAYS = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One resident and what they text: (days ago, local time, text). ``day0`` is in days ago."""

    name: str
    kana: str
    phone: str
    program: str
    day0: int
    born: str
    texts: tuple[tuple[int, str, str], ...] = ()
    language: Language = Language.JA
    at_risk: bool = False


_WELL = ((2, "09:20", "1 36.4"), (1, "09:20", "1 36.5"), (0, "09:20", "1 36.3"))

SAMPLES = (
    Sample("佐藤 美咲", "サトウ ミサキ", "+819010000001", "influenza", 4, "1988-05-14",
           ((3, "10:30", "1"), (2, "09:20", "2 38.1 のど痛い"), (1, "09:20", "2 37.3"), (0, "09:20", "1 36.5"))),
    Sample("鈴木 一郎", "スズキ イチロウ", "+819010000002", "covid19-2023-05-08", 1, "1975-11-02"),
    Sample("高橋 洋子", "タカハシ ヨウコ", "+819010000003", "covid19-2023-05-08", 3, "1948-02-20",
           ((3, "10:30", "はい"), (2, "09:20", "2 37.4")), at_risk=True),
    Sample("田中 健", "タナカ ケン", "+819010000004", "covid19-2023-05-08", 3, "1981-07-30",
           ((3, "10:30", "1"), (2, "09:20", "2 37.9"), (1, "09:20", "3 38.6 昨日よりつらい"),
            (0, "09:41", "2 37.2 でもトイレに行くだけで息が苦しいです"))),
    Sample("Emma Wilson", "エマ ウィルソン", "+819010000005", "influenza", 2, "1994-03-08",
           ((3, "10:30", "1"), (2, "09:20", "2 38.4 sore throat"), (1, "09:20", "2 37.8 still coughing")), Language.EN),
    Sample("グエン ヴァン アン", "グエン ヴァン アン", "+819010000006", "covid19-2023-05-08", 2, "1999-12-25",
           ((3, "10:30", "はい"), (1, "09:20", "2 37.6"), (0, "09:20", "しごとは いつから いいですか")),
           Language.JA_EASY),
    Sample("山田 太郎", "ヤマダ タロウ", "+819010000007", "influenza", 3, "2016-09-01",
           ((3, "10:30", "1"), (2, "09:20", "太郎は2 38.9、花子は1 36.8"), (1, "09:20", "2人とも1"))),
    Sample("山田 花子", "ヤマダ ハナコ", "+819010000007", "influenza", 2, "2019-01-15"),
    Sample("伊藤 翔", "イトウ ショウ", "+819010000008", "measles-contact", 22, "2001-06-11",
           ((3, "10:30", "1"), *_WELL[:2])),
    Sample("渡辺 恵", "ワタナベ メグミ", "+819010000009", "covid19-2023-05-08", 6, "1990-10-10",
           ((3, "10:30", "1"), (2, "09:20", "1 36.6"), (1, "09:20", "1 36.4"))),
    Sample("中村 進", "ナカムラ ススム", "+819010000010", "influenza", 3, "1969-04-04",
           ((3, "10:30", "1"), (1, "09:20", "STOP"))),
    Sample("小林 蓮", "コバヤシ レン", "+819010000011", "influenza", 2, "2003-08-19",
           ((3, "10:30", "番号違いです。小林ではありません"),)),
)  # fmt: skip


@dataclass
class Player:
    """Plays the samples; afterwards the clock stands where it stood."""

    roster: Roster
    intake: Intake
    clock: DemoClock
    clockwork: Clockwork
    timezone: str
    _count: int = field(default=0, init=False)

    async def play(self) -> None:
        """Three days in a second or two."""
        now = self.clock.now()
        opening = self._moment(now, _DAYS, "10:00")
        self.clock.hold(opening)
        for sample in SAMPLES:
            await self.roster.enrol(self._resident(sample, now))
        await self.clockwork.settle()
        acts = sorted(
            (self._moment(now, days, clock), sample.phone, text)
            for sample in SAMPLES
            for days, clock, text in sample.texts
        )
        for moment, texts in groupby(acts, key=itemgetter(0)):
            await self.clockwork.pass_until(moment)
            for _, phone, text in texts:
                await self._text(phone, text)
        await self.clockwork.pass_until(now)
        self.clock.run_from(now)

    def _resident(self, sample: Sample, now: datetime) -> NewResident:
        today = now.astimezone(ZoneInfo(self.timezone)).date()
        return NewResident(
            sample.name, sample.kana, sample.phone, sample.program,
            birth_date=datetime.fromisoformat(sample.born).date(), language=sample.language,
            day0=today - timedelta(days=sample.day0), at_risk=sample.at_risk,
        )  # fmt: skip

    async def _text(self, phone: str, text: str) -> None:
        self._count += 1
        await self.intake.keep(
            Arrival("reply", "sandbox", "demo", f"sample-{self._count}", phone, {"text": text, "to": ""})
        )

    def _moment(self, now: datetime, days_ago: int, clock: str) -> datetime:
        zone = ZoneInfo(self.timezone)
        day = now.astimezone(zone).date() - timedelta(days=days_ago)
        return datetime.combine(day, time.fromisoformat(clock), zone)
