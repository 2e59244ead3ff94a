"""A due moment: the daily check, silence, the morning of release, a takeover that was left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.reading import Priority
from bot.domain.states import CaseState, Consent, Control
from bot.engine.deliveries import call_all, send_again
from bot.engine.effects import EscalationsReturned, TimersCancelled, TimerSet
from bot.engine.machine import trigger
from bot.engine.release import first_free_day, is_phone_only, release_time

if TYPE_CHECKING:
    from bot.engine.events import TimerFell
    from bot.engine.session import Member
    from bot.engine.turn import Turn

LEASE = timedelta(hours=8)
"""A takeover that nobody wrote in for so long goes back to the queue."""

LONG_SILENCE = timedelta(days=3)
"""So long without an answer, after the first free day, the daily question ends and the telephone takes over."""


def timer_fell(turn: Turn, event: TimerFell) -> None:
    """Each timer by its name: ``check``, ``release:CASE``, ``silence:STEP:N``, ``again:STEP:TEXT``, ``lease``."""
    if event.name == "check":
        _check(turn)
    elif event.name.startswith("release:"):
        member = turn.session.member(event.case_id)
        if member:
            release_if_due(turn, member)
    elif event.name.startswith("silence:"):
        _silence(turn, event.name)
    elif event.name.startswith("again:"):
        send_again(turn, event.name)
    elif event.name == "lease" and turn.session.control is Control.HUMAN:
        turn.change_control(Control.WAITING_HUMAN)
        turn.add(EscalationsReturned())
        turn.escalate(Priority.ROUTINE, "takeover_left")


def set_release_timer(turn: Turn, member: Member) -> None:
    """The first morning on which the resident can be free (tomorrow's where that is past already)."""
    program = turn.program_of(member)
    hour, day = program.check_hour, first_free_day(program, member)
    day = day if turn.local(day, hour) > turn.now else turn.today + timedelta(days=1)
    turn.add(TimerSet(f"release:{member.case_id}", turn.local(day, hour), day, member.case_id))


def release_if_due(turn: Turn, member: Member) -> bool:
    """Release, or hand over to staff, a resident whose rule is met today; True where no check is needed any more."""
    if member.state in {CaseState.ENROLLED, CaseState.PHONE_ONLY}:
        turn.change_case(member, CaseState.RELEASE_PENDING)
        turn.call("release_notice", member)
        return True
    if member.state is not CaseState.MONITORING:
        return True
    due = release_time(turn.program_of(member), member, turn.zone)
    if due is None and _long_silent(turn, member):
        turn.change_case(member, CaseState.RELEASE_PENDING)
        turn.call("release_notice", member)
        return True
    if due is None or due.date() > turn.today:
        return False
    if due > turn.now:
        turn.add(TimerSet(f"release:{member.case_id}", due, turn.today, member.case_id, again=True))
    else:
        _release(turn, member)
    return True


def _long_silent(turn: Turn, member: Member) -> bool:
    """Past the first free day without an answer for days: somebody calls, the bot does not ask for ever."""
    last = max((day for day in (member.answered_on, member.since) if day), default=turn.today)
    past = turn.today >= first_free_day(turn.program_of(member), member)
    return past and turn.today - last >= LONG_SILENCE


def _release(turn: Turn, member: Member) -> None:
    rule, session = turn.program_of(member).release, turn.session
    if not may_tell_release(turn, member):
        turn.change_case(member, CaseState.RELEASE_PENDING)
        turn.call("release_notice", member)
    elif rule.confirm_by_staff or session.control is not Control.BOT or session.step == "danger":
        turn.change_case(member, CaseState.RELEASE_PENDING)
        turn.escalate(Priority.ROUTINE, "release_confirmation", member.case_id)
    else:
        tell_release(turn, member)


def may_tell_release(turn: Turn, member: Member) -> bool:
    """Whether the notice may be a text: with consent, and unless the program tells this resident by telephone."""
    session = turn.session
    silent = session.opted_out or session.quarantined or session.consent is not Consent.GIVEN
    return not silent and not is_phone_only(turn.program_of(member).release, member, turn.today)


def tell_release(turn: Turn, member: Member) -> None:
    """Send the notice (where it may be a text), and end the case."""
    if may_tell_release(turn, member):
        _say_release(turn, member)
    end_case(turn, member)


def _say_release(turn: Turn, member: Member) -> None:
    due = release_time(turn.program_of(member), member, turn.zone)
    free = due.date() if due else turn.today
    turn.say("release_notice", case_id=member.case_id, release_on=free, last_day=free - timedelta(days=1))


def end_case(turn: Turn, member: Member) -> None:
    """The resident is released; when it was the last one on this phone, the conversation is released too."""
    session = turn.session
    if session.asking == member.case_id:
        session.asking = None
    turn.change_case(member, CaseState.RELEASED)
    if not session.in_state(CaseState.MONITORING, CaseState.RELEASE_PENDING):
        turn.add(TimersCancelled("check"))
        if session.control is not Control.HUMAN:
            turn.enter("released")


def _check(turn: Turn) -> None:
    session = turn.session
    if session.consent is not Consent.GIVEN or session.opted_out or session.quarantined:
        return
    unclear = session.step == "danger"  # what was asked back is still open: that finding must not be lost
    waiting = [member for member in session.in_state(CaseState.MONITORING) if not release_if_due(turn, member)]
    if session.in_state(CaseState.MONITORING):
        turn.set_check()
    if waiting and session.control is Control.BOT and session.step not in {"consent", "phone_only", "released"}:
        if unclear:
            turn.escalate(Priority.URGENT, "no_clear_answer", session.asking)
        if session.unreachable:  # texts do not get there: until a person has spoken with them, the telephone
            call_all(turn, session.unreachable)
        else:
            turn.start_check(waiting, turn.today)


def _silence(turn: Turn, name: str) -> None:
    _, step, number = name.split(":")
    if step == turn.session.step and turn.session.control is not Control.HUMAN:
        if step == "daily":  # a reminder repeats the question: one that never went out is void
            turn.forget_questions()
        trigger(turn, f"silence:{number}")
