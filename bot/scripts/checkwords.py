"""The words of a dialogue's ``check>`` lines."""

from __future__ import annotations

from collections.abc import Callable

from bot.scripts.stage import DayReport, State

Wrong = tuple[str, str] | None
"""What is the case instead, in Japanese and English; None where the word holds."""


def disagreement(word: str, state: State) -> Wrong:
    """Whether ``word`` (``step=daily``, ``report=太郎:2022-09-11:none:37.8``, ``no-call``) holds of ``state``."""
    key, equals, value = word.partition("=")
    check = _WITH_VALUE.get(key) if equals else None
    if check:
        return check(state, value)
    if word in _WITHOUT_VALUE:
        return _WITHOUT_VALUE[word](state)
    return _is(f"check> に書ける語は {', '.join(WORDS)} です", f"check> knows {', '.join(WORDS)}")


def _is(ja: str, en: str | None = None) -> Wrong:
    return f"実際は {ja} です。" if en is None else f"{ja}。", f"It is {ja}." if en is None else f"{en}."


def _among(found: list[str]) -> Wrong:
    if not found:
        return "ありません。", "There is none."
    return _is(", ".join(found))


def _control(state: State, value: str) -> Wrong:
    return None if value == state.control else _is(state.control)


def _step(state: State, value: str) -> Wrong:
    return None if value == (state.step or "none") else _is(state.step or "none")


def _consent(state: State, value: str) -> Wrong:
    return None if value == state.consent else _is(state.consent)


def _case(state: State, value: str) -> Wrong:
    """``case=released`` (everybody on the phone) or ``case=太郎:released``."""
    name, colon, wanted = value.rpartition(":")
    about = [(who, case) for who, case in state.cases if not colon or who == name]
    if about and all(case == wanted for _, case in about):
        return None
    return _among([f"{who}:{case}" for who, case in state.cases])


def _escalation(state: State, value: str) -> Wrong:
    """``escalation=urgent`` or ``escalation=urgent:red_flag``."""
    found = [f"{task.priority}:{task.reason}" for task in state.escalations]
    return None if any(_begins(item, value) for item in found) else _among(found)


def _call(state: State, value: str) -> Wrong:
    """``call=no_answer`` or ``call=no_answer:high``."""
    found = [f"{reason}:high" if high else reason for reason, high in state.calls]
    return None if any(_begins(item, value) for item in found) else _among(found)


def _report(state: State, value: str) -> Wrong:
    """``report=2022-09-11:none``, with ``:37.8`` and ``:97`` behind it, with the given name before it."""
    several = len(state.cases) > 1
    found = [_report_words(report, named=several) for report in state.reports]
    plain = [_report_words(report, named=False) for report in state.reports]
    return None if any(_begins(item, value) for item in [*found, *plain]) else _among(found)


def _report_words(report: DayReport, *, named: bool) -> str:
    temperature = "" if report.temperature is None else f"{report.temperature:.1f}"
    spo2 = "" if report.spo2 is None else str(report.spo2)
    words = f"{report.day}:{report.priority}:{temperature}:{spo2}".rstrip(":")
    return f"{report.first_name}:{words}" if named else words


def _begins(found: str, wanted: str) -> bool:
    """Whether the colon-separated words of ``wanted`` are the first of ``found``."""
    return found == wanted or found.startswith(wanted + ":")


def _none_of(found: list[str]) -> Wrong:
    return _is(", ".join(found)) if found else None


_WITH_VALUE: dict[str, Callable[[State, str], Wrong]] = {
    "control": _control,
    "step": _step,
    "consent": _consent,
    "case": _case,
    "escalation": _escalation,
    "call": _call,
    "report": _report,
}
_WITHOUT_VALUE: dict[str, Callable[[State], Wrong]] = {
    "no-escalation": lambda state: _none_of([f"{task.priority}:{task.reason}" for task in state.escalations]),
    "no-call": lambda state: _none_of([reason for reason, _ in state.calls]),
    "no-report": lambda state: _none_of([_report_words(report, named=True) for report in state.reports]),
}
WORDS = (*(f"{key}=" for key in _WITH_VALUE), *_WITHOUT_VALUE, "no-text", "refused")
"""Every word that a ``check>`` line can hold."""
