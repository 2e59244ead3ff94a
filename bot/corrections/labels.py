"""Labels of a reply: what it was read as, and what it should be read as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.domain.errors import InvalidInput
from bot.domain.reading import RED_FLAGS, SYMPTOMS, Context, Intent, Priority

PRIORITIES = tuple(str(priority) for priority in sorted(Priority, key=lambda item: -item.rank))
INTENTS = tuple(str(intent) for intent in Intent if intent is not Intent.HELP)
"""The word HELP counts as a question in labels, as ``mimamori triage`` writes it."""
SIGNS = (*sorted(RED_FLAGS), *sorted(SYMPTOMS))
CONTEXTS = tuple(str(context) for context in Context)
LANGUAGES = ("ja", "en", "zh-Hans", "zh-Hant", "ko", "pt", "es", "vi", "tl", "ne")
"""As in the shipped labelled replies."""
LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Labels:
    """``priority`` and ``intent`` hold every answer that counts as right; the codes are those of the lexicon."""

    priority: tuple[str, ...]
    intent: tuple[str, ...]
    temperature: float | None = None
    spo2: float | None = None
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Labels:
        lists = {name: tuple(data[name]) for name in ("priority", "intent", "present", "absent")}
        return cls(temperature=data["temperature"], spo2=data["spo2"], **lists)

    def example(self, example_id: str, language: str, context: str, text: str) -> dict[str, Any]:
        """A labelled reply as ``mimamori triage evaluate`` reads it."""
        values = {"temperature": self.temperature, "spo2": self.spo2 if self.spo2 is None else int(self.spo2)}
        return {
            "id": example_id, "lang": language, "context": context, "text": text,
            "intent": list(self.intent), "priority": list(self.priority),
            "values": {name: value for name, value in values.items() if value is not None},
            "present": list(self.present), "absent": list(self.absent),
        }  # fmt: skip


def labels_as_read(readings: Sequence[Mapping[str, Any]]) -> Labels:
    """What a reply was read as: of several parts the gravest, with the signs of all."""
    gravest = max(readings, key=lambda reading: Priority(reading["priority"]).rank)
    intent = "question" if gravest["intent"] == Intent.HELP else gravest["intent"]
    present = dict.fromkeys(code for reading in readings for code in reading["present"])
    absent = dict.fromkeys(code for reading in readings for code in reading["absent"] if code not in present)
    values = {
        name: next((reading[name] for reading in readings if reading[name] is not None), None)
        for name in ("temperature", "spo2")
    }
    return Labels((gravest["priority"],), (intent,), **values, present=tuple(present), absent=tuple(absent))


def check_labels(labels: Labels) -> Labels:
    """The same labels; raises InvalidInput that names the field that cannot be used."""
    _check(bool(labels.priority) and set(labels.priority) <= set(PRIORITIES), "priority", "緊急度", "a priority")
    _check(bool(labels.intent) and set(labels.intent) <= set(INTENTS), "intent", "用件", "what it is about")
    _check(set(labels.present) | set(labels.absent) <= set(SIGNS), "signs", "症状", "signs from the list")
    _check(
        labels.temperature is None or 30 <= labels.temperature <= 45,
        "temperature",
        "体温(30〜45)",
        "a temperature of 30 to 45 °C",
    )
    _check(labels.spo2 is None or labels.spo2 in range(40, 101), "spo2", "SpO2(40〜100)", "SpO2 as 40 to 100 %")
    return labels


def _check(right: bool, field: str, ja: str, en: str) -> None:  # noqa: FBT001  # reads as a table
    if not right:
        raise InvalidInput(f"{ja}を正しく指定してください。", f"Give {en}.", field=field)
