"""A reading in words, Japanese first with English beside it."""

from __future__ import annotations

from bot.domain.reading import Evidence, Reading

_PRIORITIES = {
    "none": "ボットだけで対応 / the bot answers alone",
    "routine": "通常: 職員が勤務時間に対応 / staff answer when the office is open",
    "urgent": "至急: その日のうちに電話 / a call the same day",
    "emergency": "緊急: すぐに対応、119を案内 / act at once, 119 is named",
}
_INTENTS = {
    "consent_yes": "同意する / agrees", "consent_no": "同意しない / declines", "opt_out": "配信停止 / no more messages",
    "opt_in": "再開 / wants messages again", "help": "使い方 / help", "report": "体調の報告 / a report of health",
    "question": "質問・お願い / a question or request", "wrong_number": "宛先違い / wrong number",
    "thanks": "お礼・了解 / thanks", "other": "その他 / anything else",
}  # fmt: skip


def explain(reading: Reading, text: str) -> str:
    """What was read, how grave it is, and the words and rules that decided."""
    rows = [
        f"意図 intent      {reading.intent.value}  ({_INTENTS[reading.intent.value]})",
        f"優先度 priority  {reading.priority.value}  ({_PRIORITIES[reading.priority.value]})",
        f"理解 understood  {'はい / yes' if reading.understood else 'いいえ: 危険がないか聞き直す / no: asks back'}",
    ]
    facts = _facts(reading)
    if facts:
        rows.append(f"内容 facts       {facts}")
    rows += [f"根拠 because     {_because(mark, text)}" for mark in reading.evidence]
    return "\n".join([*rows, f"版 version       {reading.version}"])


def _facts(reading: Reading) -> str:
    told = [f"{code}: あり / present" for code in reading.present] + [
        f"{code}: なし / absent" for code in reading.absent
    ]
    if reading.menu is not None:
        told.insert(0, f"番号 menu {reading.menu}")
    if reading.temperature is not None:
        told.append(f"体温 {reading.temperature} °C")
    if reading.spo2 is not None:
        told.append(f"SpO2 {reading.spo2} %")
    if reading.answer:
        told.append(f"答え answer {reading.answer}")
    return "、".join(told)


def _because(mark: Evidence, text: str) -> str:
    if mark.rule.startswith("like:"):
        return f"印のある緊急・至急の返信に似ている / like the grave labelled reply {mark.rule.removeprefix('like:')}"
    return f"「{text[mark.start : mark.end]}」 {mark.rule}"
