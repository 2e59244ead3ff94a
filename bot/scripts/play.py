"""Plays a dialogue on a stage and says where they differ."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.errors import MimamoriError
from bot.domain.phone import national
from bot.scripts.checkwords import disagreement
from bot.scripts.dialogue import INDENT, Bot, Check, Dialogue, Enrol, Entry, Pass, Send, Staff, last_line
from bot.scripts.stage import AsyncStage, Sent, Stage, State


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where dialogue and stage differ."""

    line: int
    ja: str
    en: str
    expected: tuple[str, ...] = ()
    actual: tuple[str, ...] = ()


@dataclass(slots=True)
class Played:
    """One dialogue's outcome; ``updated`` is the file with the bot's lines as they really came."""

    dialogue: Dialogue
    difference: Difference | None = None
    updated: str = ""


@dataclass(frozen=True, slots=True)
class _Call:
    """A method of the stage to call; the player is sent its result."""

    method: str
    arguments: tuple[object, ...] = ()


def play(dialogue: Dialogue, stage: Stage) -> Played:
    """Play on a stage that stands at the dialogue's start."""
    player = _Player(dialogue)
    steps = player.run()
    answer: Any = None
    try:
        while True:
            call = steps.send(answer)
            try:
                answer = getattr(stage, call.method)(*call.arguments)
            except MimamoriError as refusal:
                answer = refusal
    except StopIteration:
        return player.played


async def play_async(dialogue: Dialogue, stage: AsyncStage) -> Played:
    """As ``play``, on an asynchronous stage."""
    player = _Player(dialogue)
    steps = player.run()
    answer: Any = None
    try:
        while True:
            call = steps.send(answer)
            try:
                answer = await getattr(stage, call.method)(*call.arguments)
            except MimamoriError as refusal:
                answer = refusal
    except StopIteration:
        return player.played


Steps = Generator[_Call, Any, None]


@dataclass(slots=True)
class _Heard:
    """A line of the bot as it came, and behind which line of the file it belongs."""

    after: int
    sent: Sent


@dataclass(slots=True)
class _Player:
    """Goes through the entries; texts that came wait until the dialogue says which it expects."""

    dialogue: Dialogue
    played: Played = field(init=False)
    waiting: list[Sent] = field(default_factory=list)
    latest: list[Sent] = field(default_factory=list)  # since the last line of a resident, of staff or of time
    heard: list[_Heard] = field(default_factory=list)
    refusal: MimamoriError | None = None

    def __post_init__(self) -> None:
        self.played = Played(self.dialogue)

    def run(self) -> Steps:
        entries = self.dialogue.entries
        for number, entry in enumerate(entries):
            if isinstance(entry, Bot):
                self._expect(entry)
            elif isinstance(entry, Check):
                self._nothing_waits(entry.line)
                yield from self._check(entry)
            else:
                if not _continues(entries, number):
                    self._nothing_waits(entry.line)
                self._no_refusal(entry.line)
                yield from self._act(entry, self._end_of(number))
        self._nothing_waits(len(self.dialogue.lines))
        self._no_refusal(len(self.dialogue.lines))
        self.played.updated = self._update()

    def _act(self, entry: Enrol | Pass | Send | Staff, behind: int) -> Steps:
        answer = yield _call_for(entry)
        if isinstance(answer, MimamoriError):
            self.refusal = answer
        texts: Sequence[Sent] = yield _Call("texts")
        self.latest = list(texts)
        self.waiting += texts
        self.heard += [_Heard(behind, sent) for sent in texts]

    def _end_of(self, number: int) -> int:
        """Behind which line what is heard now belongs: behind all residents who are enrolled together."""
        entries = self.dialogue.entries
        while (
            isinstance(entries[number], Enrol) and number + 1 < len(entries) and isinstance(entries[number + 1], Enrol)
        ):
            number += 1
        return last_line(self.dialogue.lines, entries[number].line)

    def _expect(self, bot: Bot) -> None:
        if not self.waiting:
            self._differ(bot.line, "このSMSは送られません。", "This text is not sent.", (_as_line(self.dialogue, bot),))
            return
        sent = self.waiting.pop(0)
        if (sent.phone, _trimmed(sent.text)) != (bot.phone, _trimmed(bot.text)):
            expected, actual = _as_line(self.dialogue, bot), _as_line(self.dialogue, sent)
            self._differ(bot.line, "送られるSMSが違います。", "Another text is sent.", (expected,), (actual,))

    def _nothing_waits(self, line: int) -> None:
        if self.waiting:
            texts = tuple(_as_line(self.dialogue, sent) for sent in self.waiting)
            self._differ(
                line,
                "この前に、書かれていないSMSが送られます。",
                "A text is sent that is not written here.",
                actual=texts,
            )
            self.waiting.clear()

    def _check(self, check: Check) -> Steps:
        state: State = yield _Call("state", (check.phone,))
        for word in check.words:
            if word == "refused":
                wrong = None if self.refusal else ("断られていません。", "Nothing was refused.")
                self.refusal = None
            elif word == "no-text":
                wrong = ("SMSが送られています。", "A text was sent.") if self.latest else None
            else:
                wrong = disagreement(word, state)
            if wrong:
                self._differ(check.line, f"{word}: {wrong[0]}", f"{word}: {wrong[1]}")

    def _no_refusal(self, line: int) -> None:
        if self.refusal:
            self._differ(
                line, f"前の操作が断られました。{self.refusal.ja}", f"The action before was refused. {self.refusal.en}"
            )
            self.refusal = None

    def _differ(
        self, line: int, ja: str, en: str, expected: tuple[str, ...] = (), actual: tuple[str, ...] = ()
    ) -> None:
        if self.played.difference is None:
            self.played.difference = Difference(line, ja, en, expected, actual)

    def _update(self) -> str:
        """The file again: the bot's old lines gone, what came written behind the line that it came after."""
        bots = [entry for entry in self.dialogue.entries if isinstance(entry, Bot)]
        dropped = {line for bot in bots for line in range(bot.line, bot.last + 1)}
        lines: list[str] = []
        for number, line in enumerate(self.dialogue.lines, start=1):
            if number not in dropped:
                lines.append(line)
            lines += [_as_line(self.dialogue, item.sent) for item in self.heard if item.after == number]
        return "\n".join(lines)


def _continues(entries: Sequence[Entry], number: int) -> bool:
    """Whether residents are enrolled, or texts sent, one right after another: their answers may stand together."""
    before = entries[number - 1] if number else None
    return type(before) is type(entries[number]) and isinstance(before, Enrol | Send)


def _call_for(entry: Enrol | Pass | Send | Staff) -> _Call:
    match entry:
        case Enrol():
            return _Call("enrol", (entry.resident,))
        case Pass():
            return _Call("advance", (entry.moment,))
        case Send():
            return _Call("send", (entry.phone, entry.text))
        case Staff():
            return _Call("staff", (entry.action, entry.phone, entry.argument))


def _trimmed(text: str) -> list[str]:
    """Spaces at the ends of lines cannot be seen and do not count."""
    return [line.rstrip() for line in text.split("\n")]


def _as_line(dialogue: Dialogue, said: Bot | Sent) -> str:
    """A text of the bot as dialogues write it."""
    head = "bot> " if said.phone == dialogue.phone else f"bot to {national(said.phone)}> "
    first, *rest = _trimmed(said.text)
    return "\n".join([head + first, *(INDENT + line if line else "" for line in rest)])
