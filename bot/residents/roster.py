"""Putting a resident on the roster."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from bot.domain.errors import InvalidInput
from bot.domain.phone import parse_mobile
from bot.domain.states import OPEN_CASES, CaseState, Language
from bot.domain.text import is_clean
from bot.storage.conversations import add_case, ensure_conversations, load_conversations, lock_conversation
from bot.storage.inbox import add_for_conversation

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from bot.domain.clock import Clock
    from bot.domain.office import Office
    from bot.storage.bells import Bells
    from bot.storage.database import Database, Tx

Value = TypeVar("Value")
_KANA = re.compile(r"^[ァ-ヶー・ A-Za-z.'-]+$")
_LONGEST_NAME = 60
_EARLIEST_BIRTH = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class NewResident:
    """A resident to enrol; ``day0`` is the onset (or last exposure), None where it is not known yet."""

    name: str
    kana: str
    phone: str
    program: str
    birth_date: date | None = None
    language: Language = Language.JA
    day0: date | None = None
    at_risk: bool = False


class InvalidResident(InvalidInput):
    """Some fields cannot be used; ``fields`` maps each to its sentence."""

    def __init__(self, fields: dict[str, InvalidInput]) -> None:
        first = next(iter(fields.values()))
        super().__init__(first.ja, first.en, field=first.field)
        self.fields = fields


class Roster:
    """Enrols residents: the case and the event that starts the conversation are one transaction."""

    def __init__(self, database: Database, office: Office, clock: Clock, bells: Bells) -> None:
        self._database = database
        self._office = office
        self._clock = clock
        self._bells = bells

    async def enrol(self, resident: NewResident) -> int:
        """The id of the new case."""
        async with self._database.write() as tx:
            case_id = await self._add(tx, resident, self._clock.now())
        self._bells.ring("inbox")
        return case_id

    async def _add(self, tx: Tx, resident: NewResident, now: datetime) -> int:
        office = self._office
        ids = await ensure_conversations(tx, office.code, [resident.phone], office.timezone, now)
        conversation_id = ids[resident.phone]
        await _refuse_twice(tx, conversation_id, resident)
        today = now.astimezone(ZoneInfo(office.timezone)).date()
        case_id = await add_case(tx, {
            "conversation_id": conversation_id, "program": resident.program,
            "name": resident.name, "kana": resident.kana,
            "birth_date": resident.birth_date.isoformat() if resident.birth_date else None,
            "day0": resident.day0 or today, "day0_assumed": resident.day0 is None, "at_risk": resident.at_risk,
            "state": CaseState.ENROLLED, "enrolled_at": now,
        })  # fmt: skip
        payload = {"case_id": case_id, "language": resident.language}
        await add_for_conversation(tx, conversation_id, "enrolled", str(case_id), payload, now)
        return case_id


async def _refuse_twice(tx: Tx, conversation_id: int, resident: NewResident) -> None:
    """Nobody is on the roster twice with one phone: two checks a day, and answers that belong to neither."""
    await lock_conversation(tx, conversation_id)
    conversation = (await load_conversations(tx, [conversation_id]))[conversation_id]
    open_ids = {member.case_id for member in conversation.session.in_state(*OPEN_CASES)}
    same = [case for case in conversation.cases if (case.name, case.kana) == (resident.name, resident.kana)]
    if any(case.id in open_ids for case in same):
        raise InvalidResident({"phone": InvalidInput(
            "この方は、この電話番号ですでに登録されています。今の見守りを終えてから登録してください。",
            "This resident is already enrolled with this number. Close the present case first.",
            field="phone",
        )})  # fmt: skip


def check_resident(data: Mapping[str, object], programs: Collection[str], today: date) -> NewResident:
    """A resident from form or JSON fields (name, kana, phone, birth_date, language, program, onset_date, at_risk).

    Raises InvalidResident, which names every field that cannot be used.
    """
    form = _Form(data)
    resident = NewResident(
        name=form.text("name", _name),
        kana=form.text("kana", _kana),
        phone=form.text("phone", parse_mobile),
        program=form.text("program", lambda value: _one_of(value, programs, "program")),
        birth_date=form.optional("birth_date", lambda value: _date(value, "birth_date", _EARLIEST_BIRTH, today)),
        language=form.optional("language", _language) or Language.JA,
        day0=form.optional("onset_date", lambda value: _date(value, "onset_date", _EARLIEST_BIRTH, today)),
        at_risk=form.flag("at_risk"),
    )
    if form.errors:
        raise InvalidResident(form.errors)
    return resident


class _Form:
    """Reads fields one by one and keeps what is wrong with each."""

    def __init__(self, data: Mapping[str, object]) -> None:
        self._data = data
        self.errors: dict[str, InvalidInput] = {}

    def text(self, field: str, parse: Callable[[str], str]) -> str:
        """A required field; empty where it cannot be used."""
        if field not in self.errors and self._is_empty(field):
            self.errors[field] = InvalidInput("入力してください。", "This field is required.", field=field)
        return "" if field in self.errors else self.optional(field, parse) or ""

    def optional(self, field: str, parse: Callable[[str], Value]) -> Value | None:
        """A field that may be left out."""
        value = self._data.get(field)
        if self._is_empty(field):
            return None
        if not isinstance(value, str):
            self.errors[field] = InvalidInput("文字で入力してください。", "Must be text.", field=field)
            return None
        try:
            return parse(value.strip())
        except InvalidInput as error:
            self.errors[field] = error
            return None

    def flag(self, field: str) -> bool:
        value = self._data.get(field)
        if value is True or value in ("true", "on", "1"):
            return True
        if not (value is False or value in (None, "", "false", "off", "0")):
            self.errors[field] = InvalidInput(
                "true か false で指定してください。", "Must be true or false.", field=field
            )
        return False

    def _is_empty(self, field: str) -> bool:
        value = self._data.get(field)
        return value is None or (isinstance(value, str) and not value.strip())


def _name(value: str) -> str:
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", value))
    if not is_clean(name) or not name.isprintable():
        raise InvalidInput(
            "名前に使えない文字があります。", "The name holds characters that cannot be used.", field="name"
        )
    if len(name) > _LONGEST_NAME:
        raise InvalidInput("名前は60文字までで入力してください。", "A name has 60 characters at most.", field="name")
    return name


def _kana(value: str) -> str:
    kana = _name(value)
    kana = "".join(chr(ord(char) + 0x60) if "ぁ" <= char <= "ゖ" else char for char in kana)
    if not _KANA.match(kana):
        raise InvalidInput(
            "フリガナはカタカナ(外国の方はローマ字)で入力してください。",
            "Enter the reading in katakana or Latin letters.",
            field="kana",
        )
    return kana


def _language(value: str) -> Language:
    return Language(_one_of(value, [str(language) for language in Language], "language"))


def _one_of(value: str, choices: Collection[str], field: str) -> str:
    if value not in choices:
        listed = ", ".join(sorted(choices))
        raise InvalidInput(f"次から選んでください: {listed}", f"Choose one of: {listed}", field=field)
    return value


def _date(value: str, field: str, first: date, last: date) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise InvalidInput(
            "日付は 2026-01-31 の形で入力してください。", "Write dates like 2026-01-31.", field=field
        ) from None
    if not first <= day <= last:
        raise InvalidInput(
            f"{first}から{last}までの日付にしてください。", f"Must be from {first} to {last}.", field=field
        )
    return day
