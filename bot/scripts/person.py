"""The ``resident:`` line of a dialogue: who is enrolled."""

from __future__ import annotations

from datetime import date

from bot.domain.errors import InvalidInput, MimamoriError
from bot.domain.phone import parse_mobile
from bot.domain.states import Language
from bot.scripts.stage import Resident

_DAY0 = ("onset", "last_exposure")
_FORM_JA = (
    "「名前 / カナ / 電話番号 / ja / onset 2022-09-08」の形で書いてください(続けて / born 1980-04-01、/ at risk)。"
)
_FORM_EN = "Write “name / kana / phone / ja / onset 2022-09-08” (and then / born 1980-04-01, / at risk)."


class ResidentLineError(MimamoriError):
    """A ``resident:`` line that cannot be read."""


def read_resident(line: str) -> Resident:
    """``山田 太郎 / ヤマダ タロウ / 090-1234-5678 / ja / onset 2022-09-08 / born 1980-04-01 / at risk``.

    Behind the language, in any order: ``onset`` or ``last_exposure`` with a date (required), ``born`` with a date,
    ``at risk``, ``program`` with a name. Raises ResidentLineError.
    """
    parts = [" ".join(part.split()) for part in line.split("/")]
    if len(parts) < 5 or not parts[0]:
        raise ResidentLineError(_FORM_JA, _FORM_EN)
    name, kana, phone, language, *rest = parts
    try:
        number = parse_mobile(phone)
    except InvalidInput as error:
        raise ResidentLineError(error.ja, error.en) from None
    if language not in tuple(Language):
        names = ", ".join(Language)
        raise ResidentLineError(f"言語は {names} のどれかです。", f"The language is one of {names}.")
    facts = _facts(rest)
    if "day0" not in facts:
        raise ResidentLineError(_FORM_JA, _FORM_EN)
    return Resident(name, kana, number, Language(language), **facts)  # type: ignore[arg-type]  # _facts knows the fields


def _facts(parts: list[str]) -> dict[str, object]:
    facts: dict[str, object] = {}
    for part in parts:
        word, _, value = part.partition(" ")
        if word in _DAY0:
            facts["day0"] = _day(value)
        elif word == "born":
            facts["birth_date"] = _day(value)
        elif part == "at risk":
            facts["at_risk"] = True
        elif word == "program" and value:
            facts["program"] = value
        else:
            raise ResidentLineError(_FORM_JA, _FORM_EN)
    return facts


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ResidentLineError(
            f"日付は 2022-09-08 のように書いてください(今は「{text}」)。",
            f"Write a date like 2022-09-08 (it is “{text}”).",
        ) from None
