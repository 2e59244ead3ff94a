"""The script as one shared ``transitions`` machine: steps are states, answer words and silences are triggers."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, cast

from transitions import EventData, Machine

from bot.engine.script import BACK, Move, Nudge, Script, Step

if TYPE_CHECKING:
    from bot.engine.turn import Turn


@lru_cache(maxsize=256)
def machine_for(script: Script) -> Machine:
    """The machine of a script version, built once; models are turns and are not registered with it."""
    machine = Machine(
        model=None,
        states=list(script.steps),
        initial=script.start,
        auto_transitions=False,
        send_event=True,
        ignore_invalid_triggers=True,
        model_attribute="step",
    )
    for step in script.steps.values():
        _add_answers(machine, step)
        _add_silences(machine, step)
    return machine


def trigger(turn: Turn, word: str) -> bool:
    """Hand an answer word or a silence to the script; False where the present step has nothing for it."""
    event = machine_for(turn.script).events.get(word)
    if event is None or turn.step not in turn.script.steps:
        return False
    return bool(event.trigger(turn))


def _add_answers(machine: Machine, step: Step) -> None:
    for word, moves in step.answers.items():
        for number, move in enumerate(moves):
            machine.add_transition(
                word,
                step.name,
                _destination(move),
                conditions=partial(_is_turn_of, number, len(moves) - 1, word),
                before=partial(_perform, move, word),
                after=partial(_arrive, step.name, move),
            )


def _add_silences(machine: Machine, step: Step) -> None:
    for number, nudge in enumerate(step.silence):
        machine.add_transition(
            f"silence:{number}",
            step.name,
            _destination(nudge.move),
            before=partial(_nudge, nudge),
            after=partial(_arrive, step.name, nudge.move),
        )


def _destination(move: Move) -> str | None:
    """The next state; None stays inside (where ``back`` leads is known only at run time)."""
    return None if move.go == BACK else move.go


def _turn(event: EventData) -> Turn:
    """The model of our machines, which are not told of theirs."""
    return cast("Turn", event.model)


def _is_turn_of(number: int, last: int, word: str, event: EventData) -> bool:
    return min(_turn(event).session.tries.get(word, 0), last) == number


def _perform(move: Move, word: str, event: EventData) -> None:
    turn = _turn(event)
    turn.session.tries[word] = turn.session.tries.get(word, 0) + 1
    turn.perform(move, word)


def _nudge(nudge: Nudge, event: EventData) -> None:
    turn = _turn(event)
    at_risk = [member for member in turn.silent_members() if member.at_risk]
    if nudge.at_risk and at_risk:
        turn.perform(nudge.at_risk, "silence", at_risk)
    turn.perform(nudge.move, "silence")


def _arrive(source: str, move: Move, event: EventData) -> None:
    if move.go:
        _turn(event).enter(move.go, source=source)
