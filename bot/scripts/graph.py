"""A script as a Mermaid state diagram with Japanese labels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.domain.reading import Context, Priority
from bot.engine.script import BACK, Move, Script, Step

_STEP_NAMES = {
    "consent": "同意の確認", "resting": "次の健康観察を待つ", "daily": "毎日の健康観察", "danger": "危険の確認",
    "with_staff": "職員の対応を待つ", "phone_only": "電話で見守る", "released": "終了後",
}  # fmt: skip
_ASKS = {
    Context.CONSENT: "同意", Context.DAILY: "体調", Context.TEMPERATURE: "体温", Context.SPO2: "酸素",
    Context.RECOVERY: "終了後の変化", Context.FREE: "なし", Context.DANGER: "危険の有無",
}  # fmt: skip
_ANSWERS = {
    "yes": "はい", "no": "いいえ", "report": "体調の報告", "urgent": "急ぐ体調", "question": "質問", "thanks": "お礼",
    "later": "あとで", "unclear": "わからない返事",
}  # fmt: skip
_ESCALATIONS = {Priority.ROUTINE: "職員へ(通常)", Priority.URGENT: "職員へ(至急)", Priority.EMERGENCY: "職員へ(緊急)"}
_RECORDS = {"report": "体調を記録", "consent_given": "同意を記録", "consent_declined": "不同意を記録"}


def mermaid(script: Script) -> str:
    """The diagram as text, for a Markdown page or https://mermaid.live; the same script gives the same text.

    What leaves a step is an arrow; what stays in it is written in its box.
    """
    lines = ["stateDiagram-v2", "    direction TB"]
    lines += [f'    state "{_box(step)}" as {step.name}' for step in script.steps.values()]
    lines.append(f"    [*] --> {script.start}: 登録")
    for step in script.steps.values():
        lines += _arrows(step)
    lines += _engine_arrows(script)
    return "\n".join(lines) + "\n"


def _box(step: Step) -> str:
    lines = [_STEP_NAMES.get(step.name, step.name), step.name, f"たずねる: {_ASKS[step.ask]}"]
    lines += [f"送る: {'、'.join(step.say)}"] if step.say else []
    lines += [f"・{label}{_deeds(move)}" for label, move in _moves(step) if move.go is None]
    return "<br/>".join(lines)


def _moves(step: Step) -> Iterator[tuple[str, Move]]:
    """Every move with what leads to it, in the order of the script."""
    for word, moves in step.answers.items():
        for number, move in enumerate(moves):
            yield _ANSWERS[word] + (_turn(number, len(moves)) if len(moves) > 1 else ""), move
    for nudge in step.silence:
        label = f"返事なし{_time(nudge.after)}"
        yield label, nudge.move
        if nudge.at_risk:
            yield f"{label}(リスクの高い方)", nudge.at_risk


def _arrows(step: Step) -> list[str]:
    """One arrow for each destination, its labels one below the other; ``back`` has a box of its own."""
    labels: dict[str, list[str]] = {}
    for label, move in _moves(step):
        if move.go is not None:
            to = f"{step.name}_back" if move.go == BACK else move.go
            labels.setdefault(to, []).append(f"{label}{_deeds(move)}")
    lines = [f'    state "もとの段階へもどる" as {to}' for to in labels if to == f"{step.name}_back"]
    return lines + [f"    {step.name} --> {to}: {'<br/>'.join(texts)}" for to, texts in labels.items()]


def _deeds(move: Move) -> str:
    deeds = [*move.say, *(_RECORDS[record] for record in move.record)]
    deeds += [_ESCALATIONS[move.escalate]] if move.escalate in _ESCALATIONS else []
    deeds += [f"電話リスト({move.call})"] if move.call else []
    return f" [{'、'.join(deeds)}]" if deeds else ""


def _engine_arrows(script: Script) -> Iterator[str]:
    """What the engine does by itself, whatever the script says (a label of Mermaid can hold no colon)."""
    hour = script.program.check_hour
    always = [
        ("resting", "daily", f"毎日{hour.hour}時{_minutes(hour.minute)}"),
        ("daily", "released", "終了の決まりを満たした朝"),
        ("daily", "with_staff", "緊急の返事(どの段階からも)"),
        ("daily", "phone_only", "STOP(どの段階からも)"),
    ]
    for start, to, label in always:
        if start in script.steps and to in script.steps:
            yield f"    {start} --> {to}: {label}"


def _turn(number: int, turns: int) -> str:
    return f"({number + 1}回目{'以降' if number == turns - 1 else ''})"


def _minutes(minute: int) -> str:
    return f"{minute}分" if minute else ""


def _time(after: timedelta) -> str:
    minutes = int(after.total_seconds()) // 60
    if minutes % 60:
        return f"{minutes}分"
    return f"{minutes // 60}時間"
