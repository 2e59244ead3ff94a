"""What staff do with a conversation: take it over, write, hand it back, close it, confirm a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.errors import Refused
from bot.domain.states import OPEN_CASES, CaseState, Consent, Control
from bot.engine.effects import EscalationsClosed, EscalationsOwned, SayWritten, TimersCancelled, TimerSet
from bot.engine.timers import LEASE, end_case, may_tell_release, tell_release

if TYPE_CHECKING:
    from bot.engine.events import (
        CallFinished,
        ClosedByStaff,
        HandedBack,
        NumberConfirmed,
        ReleaseConfirmed,
        StaffWrote,
        TakenOver,
    )
    from bot.engine.turn import Turn

_NEEDS_NO_CONSENT = frozenset({"consent", "with_staff", "phone_only"})
_OUT_OF_CARE = frozenset({"released", "phone_only", "danger"})
"""Steps that nobody in care is handed back at: they would drop out of it, or be asked without a reason."""


def taken_over(turn: Turn, event: TakenOver) -> None:
    """The bot falls silent at once, also with what is queued."""
    turn.silence("taken_over", timers="silence:")
    turn.change_control(Control.HUMAN, event.staff)
    turn.add(EscalationsOwned(event.staff))
    _renew_lease(turn)


def staff_wrote(turn: Turn, event: StaffWrote) -> None:
    """A person's own text goes out as it is."""
    session = turn.session
    if session.control is not Control.HUMAN or session.owner != event.staff:
        raise Refused("先に「引き継ぐ」を押してください。", "Take the conversation over first.", field="phone")
    _refuse_silent(turn)
    if not session.members:
        raise Refused(
            "登録のない番号にはSMSを送れません。住民なら先に登録してください。",
            "This number is not on the roster. Enrol the resident first.",
            field="phone",
        )
    turn.add(SayWritten(event.text, event.staff))
    _renew_lease(turn)


def handed_back(turn: Turn, event: HandedBack) -> None:
    """The bot leads again, at the step that the person names."""
    session = turn.session
    if session.control not in {Control.HUMAN, Control.WAITING_HUMAN}:
        raise Refused("この会話はボットが担当しています。", "The bot already leads this conversation.", field="phone")
    _refuse_silent(turn)
    _refuse_step(turn, event.step)
    turn.add(EscalationsClosed(event.staff, "handed_back"))
    session.alarmed, session.unreachable = False, ""
    turn.change_control(Control.BOT)
    turn.add(TimersCancelled("lease"))
    monitored = session.in_state(CaseState.MONITORING)
    if monitored:
        turn.set_check()
    if event.step == "daily":
        turn.start_check(monitored, turn.today)
    else:
        session.asked_on = None
        turn.enter(event.step)


def _refuse_step(turn: Turn, step: str) -> None:
    """A step that is not there, that has no consent, or at which somebody would drop out of care."""
    session = turn.session
    monitored, released_soon = session.in_state(CaseState.MONITORING), session.in_state(CaseState.RELEASE_PENDING)
    in_care = [*monitored, *released_soon, *session.in_state(CaseState.ENROLLED)]
    if step not in turn.script.steps:
        names = ", ".join(turn.script.steps)
        japanese, english = (
            f"その段階はありません。次から選んでください: {names}",
            f"No such step. Choose one of: {names}",
        )
    elif step not in _NEEDS_NO_CONSENT and session.consent is not Consent.GIVEN:
        japanese, english = "同意がないため、この段階には戻せません。", "There is no consent for this step."
    elif step in _OUT_OF_CARE and in_care:
        japanese = "見守り中の方がいるため、この段階には戻せません。終えるときは「会話を終える」を使ってください。"
        english = "Somebody here is still in care. To end it, close the conversation."
    elif turn.script.steps[step].say and not session.in_state(*OPEN_CASES):
        japanese = "見守り中の方がいないため、SMSを送る段階には戻せません。先に登録してください。"
        english = "Nobody here is in care, so this step's text may not be sent. Enrol the resident first."
    elif (step == "daily" and not monitored) or (step == "resting" and not [*monitored, *released_soon]):
        japanese, english = "観察中の方がいないため、この段階には戻せません。", "Nobody here is being monitored."
    else:
        return
    raise Refused(japanese, english, field="step")


def closed(turn: Turn, event: ClosedByStaff) -> None:
    """The care on this phone ends with an outcome; the resident may still write."""
    session = turn.session
    turn.silence("closed")
    turn.add(EscalationsClosed(event.staff, event.outcome))
    session.alarmed = False
    for member in session.in_state(*OPEN_CASES):
        turn.change_case(member, CaseState.CLOSED)
    turn.change_control(Control.CLOSED)
    session.asking = session.asks_from = None
    if session.members:
        session.step = "released"
        session.tries = {}


def release_confirmed(turn: Turn, event: ReleaseConfirmed) -> None:
    """A person confirms that the rule is met: the notice goes out."""
    member = turn.session.member(event.case_id)
    if member is None or member.state is not CaseState.RELEASE_PENDING:
        raise Refused(
            "解除の確認を待っている方ではありません。", "This resident is not waiting for a release.", field="phone"
        )
    if not may_tell_release(turn, member):
        raise Refused(
            "この方にはSMSで伝えられません。電話で伝え、電話リストに結果を記録してください。",
            "This resident cannot be told by SMS. Call, and write the outcome on the call list.",
            field="phone",
        )
    turn.add(EscalationsClosed(event.staff, "release_confirmed", "release_confirmation", event.case_id))
    if turn.session.control is Control.WAITING_HUMAN and not turn.session.alarmed:
        turn.change_control(Control.BOT)
    tell_release(turn, member)


def call_finished(turn: Turn, event: CallFinished) -> None:
    """Who was spoken with can be texted again; who was told by telephone that care is over is released."""
    if event.outcome == "reached":
        turn.session.unreachable = ""
    member = turn.session.member(event.case_id)
    told = event.reason == "release_notice" and event.outcome == "reached"
    if told and member and member.state is CaseState.RELEASE_PENDING:
        end_case(turn, member)


def number_confirmed(turn: Turn, event: NumberConfirmed) -> None:
    """A number that was reported as wrong is the resident's after all: consent is asked (again)."""
    session = turn.session
    if not session.quarantined:
        raise Refused("宛先違いの番号ではありません。", "This number was not reported as wrong.", field="phone")
    session.quarantined, session.unreachable = False, ""
    session.consent = Consent.NONE
    turn.add(EscalationsClosed(event.staff, "number_confirmed", "wrong_number"))
    if session.control is Control.WAITING_HUMAN and not session.alarmed:
        turn.change_control(Control.BOT)
    if session.control is Control.BOT and session.in_state(*OPEN_CASES) and not session.opted_out:
        turn.enter(turn.script.start)


def _renew_lease(turn: Turn) -> None:
    turn.add(TimersCancelled("lease"))
    turn.add(TimerSet("lease", turn.now + LEASE, turn.today, again=True))


def _refuse_silent(turn: Turn) -> None:
    if turn.session.opted_out:
        raise Refused(
            "配信停止の方にはSMSを送れません。電話をしてください。",
            "This resident sent STOP. Call instead.",
            field="phone",
        )
    if turn.session.quarantined:
        raise Refused("宛先違いの番号にはSMSを送れません。", "This number was reported as wrong.", field="phone")
