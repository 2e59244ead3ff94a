"""Example conversations (``dialogues/*.txt``): golden transcripts that read like a talk by text message."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.domain.errors import InvalidInput
from bot.domain.phone import parse_phone
from bot.scripts.duration import parse_duration
from bot.scripts.issue import Issue, Place
from bot.scripts.person import ResidentLineError, read_resident
from bot.scripts.stage import STAFF_ACTIONS, Resident

DEFAULT_PROGRAM = "covid19-2022-09-07"
TIMEZONE = ZoneInfo("Asia/Tokyo")
INDENT = "  "
MAX_REPEAT = 1_000

_START = re.compile(r"^\d{4}-\d{2}-\d{2} \d{1,2}:\d{2}$")
_SPOKEN = re.compile(r"^([^\s>][^>]{0,60}?)>(?: (.*))?$")
_BOT = re.compile(r"^bot(?: to (\S+))?$")
_UNKNOWN = re.compile(r"^unknown (\S+)$")
_CHECK = re.compile(r"^check(?: (\S+))?$")
_STAFF = re.compile(r"^staff(?: (\S+))?$")


@dataclass(frozen=True, slots=True)
class Enrol:
    line: int
    resident: Resident


@dataclass(frozen=True, slots=True)
class Pass:
    """Time passes up to ``moment``."""

    line: int
    moment: datetime


@dataclass(frozen=True, slots=True)
class Send:
    line: int
    phone: str
    text: str


@dataclass(frozen=True, slots=True)
class Staff:
    line: int
    action: str
    argument: str
    phone: str


@dataclass(frozen=True, slots=True)
class Check:
    """Words like ``step=daily`` or ``no-call`` about one phone."""

    line: int
    words: tuple[str, ...]
    phone: str


@dataclass(frozen=True, slots=True)
class Bot:
    """A text that a phone receives; ``last`` is its last line in the file."""

    line: int
    text: str
    phone: str
    last: int


Entry = Enrol | Pass | Send | Staff | Check | Bot


@dataclass(slots=True)
class Dialogue:
    """One file. ``phone`` is the first resident's; ``program_line`` is 0 where the file names no program."""

    file: str
    lines: list[str]
    title: str = ""
    program: str = DEFAULT_PROGRAM
    program_line: int = 0
    start: datetime = datetime(2022, 9, 10, 10, 0, tzinfo=TIMEZONE)
    phone: str = ""
    entries: list[Entry] = field(default_factory=list)


class _Wrong(Exception):
    def __init__(self, ja: str, en: str) -> None:
        super().__init__(en)
        self.ja = ja
        self.en = en


def parse_dialogue(file: str, text: str, program: str | None = None) -> tuple[Dialogue, list[Issue]]:
    """Read a dialogue; what cannot be read becomes issues. ``program`` is the one whose folder it lies in, if any."""
    parser = _Parser(Dialogue(file, text.split("\n")), program)
    parser.run()
    return parser.dialogue, parser.issues


def dialogue_files(folder: Path, program: str | None = None) -> list[tuple[Path, str | None]]:
    """Every dialogue below a conversations folder with the program whose folder it lies in; or only one program's."""
    found: list[tuple[Path, str | None]] = []
    for part in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("_")):
        own = None if part.name == "common" else part.name
        if program is None or own in {None, program}:
            found += [(path, own) for path in sorted((part / "dialogues").glob("*.txt"))]
    return found


class _Parser:
    """Goes through the lines once; ``clock`` is the moment that the dialogue has come to."""

    def __init__(self, dialogue: Dialogue, program: str | None) -> None:
        self.dialogue = dialogue
        self.issues: list[Issue] = []
        self._own_program = program
        self._phones: dict[str, str] = {}
        if program:
            dialogue.program = program
        self._clock = dialogue.start

    def run(self) -> None:
        for first, last, text in _joined(self.dialogue.lines):
            try:
                self._line(first, last, text)
            except _Wrong as wrong:
                self._issue(first, wrong.ja, wrong.en)
        if not self.dialogue.entries:
            self._issue(1, "会話が書かれていません。", "There is no conversation in this file.")

    def _issue(self, line: int, ja: str, en: str) -> None:
        self.issues.append(Issue.error("dialogue", Place(self.dialogue.file, line), ja, en))

    def _line(self, first: int, last: int, text: str) -> None:
        spoken = _SPOKEN.match(text.partition("\n")[0])
        if text.startswith("#"):
            self.dialogue.title = self.dialogue.title or text.lstrip("# ").strip()
        elif text.startswith("---"):
            self._pass(first, text[3:].strip())
        elif text.startswith(("program:", "start:", "resident:")):
            key, _, value = text.partition(":")
            self._head(first, key, value.strip())
        elif spoken:
            rest = text.partition("\n")[1:]
            self._spoken(first, last, spoken[1], (spoken[2] or "") + "".join(rest))
        else:
            raise _Wrong(
                "読み取れない行です。「住民> 」「bot> 」「--- +1h」などで始めてください。",
                "This line cannot be read; begin it with “住民> ”, “bot> ”, “--- +1h” or the like.",
            )

    def _head(self, line: int, key: str, value: str) -> None:
        dialogue = self.dialogue
        if key == "resident":
            self._resident(line, value)
        elif dialogue.entries:
            raise _Wrong(f"「{key}:」は会話の前に書いてください。", f"Write “{key}:” before the conversation.")
        elif key == "program":
            if self._own_program not in {None, value}:
                raise _Wrong(
                    f"このフォルダの会話は {self._own_program} で動きます。",
                    f"Dialogues in this folder run on {self._own_program}.",
                )
            dialogue.program, dialogue.program_line = value, line
        else:
            dialogue.start = self._clock = _moment(value)

    def _resident(self, line: int, value: str) -> None:
        try:
            resident = read_resident(value)
        except ResidentLineError as error:
            raise _Wrong(error.ja, error.en) from None
        self.dialogue.phone = self.dialogue.phone or resident.phone
        self._phones |= {resident.first_name: resident.phone, resident.name: resident.phone}
        self.dialogue.entries.append(Enrol(line, resident))

    def _pass(self, line: int, value: str) -> None:
        passing = parse_duration(value) if value.startswith("+") else None
        moment = self._clock + passing if passing else _moment(value)
        if moment < self._clock:
            raise _Wrong("時刻が前にもどっています。", "Time runs backwards here.")
        self._clock = moment
        self.dialogue.entries.append(Pass(line, moment))

    def _spoken(self, first: int, last: int, who: str, text: str) -> None:
        entries = self.dialogue.entries
        if match := _BOT.match(who):
            entries.append(Bot(first, text, self._phone(match[1]), last))
        elif match := _CHECK.match(who):
            entries.append(Check(first, tuple(text.split()), self._phone(match[1])))
        elif match := _STAFF.match(who):
            action, _, argument = text.partition(" ")
            if action not in STAFF_ACTIONS:
                names = ", ".join(STAFF_ACTIONS)
                raise _Wrong(f"職員の操作は {names} です。", f"Staff can {names}.")
            entries.append(Staff(first, action, argument, self._phone(match[1])))
        elif match := _UNKNOWN.match(who):
            entries.append(Send(first, _phone(match[1]), _typed(text)))
        else:
            entries.append(Send(first, self._phones.get(who) or self._phone(None), _typed(text)))

    def _phone(self, written: str | None) -> str:
        if written:
            return _phone(written)
        if not self.dialogue.phone:
            raise _Wrong("先に「resident:」の行を書いてください。", "Write a “resident:” line first.")
        return self.dialogue.phone


def _joined(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Entries with their continuation lines (two spaces; an empty line between them belongs to the text)."""
    at = 0
    while at < len(lines):
        first, text = at, lines[at].rstrip()
        at += 1
        if not text:
            continue
        end = last_line(lines, at)
        text += "".join("\n" + line[len(INDENT) :].rstrip() for line in lines[at:end])
        at = end
        yield first + 1, at, text


def last_line(lines: list[str], first: int) -> int:
    """The last line (from 1) of the entry that begins in line ``first`` (from 1)."""
    at = first
    while (end := _continued(lines, at)) > at:
        at = end
    return at


def _continued(lines: list[str], at: int) -> int:
    """Where the continuation that begins at ``at`` ends; ``at`` itself where there is none."""
    end = at
    while end < len(lines) and not lines[end].strip():
        end += 1
    return end + 1 if end < len(lines) and lines[end].startswith(INDENT) else at


def _typed(text: str) -> str:
    """What a resident types; ``{"text": "…", "repeat": 100}`` stands for a text repeated so often."""
    if not text.startswith('{"text"'):
        return text
    try:
        given = json.loads(text)
        piece, times = given["text"], given.get("repeat", 1)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _Wrong('{"text": "…", "repeat": 100} の形が正しくありません。', 'This is no valid {"text": …}.') from None
    if not isinstance(piece, str) or not isinstance(times, int) or not 0 < times <= MAX_REPEAT:
        raise _Wrong(f"repeat は1から{MAX_REPEAT}までです。", f"“repeat” is 1 to {MAX_REPEAT}.")
    return piece * times


def _moment(value: str) -> datetime:
    if _START.match(value):
        try:
            return datetime.strptime(value, "%Y-%m-%d %H:%M").replace(tzinfo=TIMEZONE)
        except ValueError:
            pass
    raise _Wrong(
        "時刻は 2022-09-11 09:00、進める時間は +1d、+2h30m のように書いてください。",
        "Write a moment like 2022-09-11 09:00, or a time that passes like +1d or +2h30m.",
    )


def _phone(written: str) -> str:
    try:
        return parse_phone(written)
    except InvalidInput as error:
        raise _Wrong(error.ja, error.en) from None
