"""A resident was put on the roster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.reading import Priority
from bot.domain.states import OPEN_CASES, CaseState, Consent, Control
from bot.engine.timers import set_release_timer

if TYPE_CHECKING:
    from bot.engine.events import Enrolled
    from bot.engine.session import Member
    from bot.engine.turn import Turn


def enrolled(turn: Turn, event: Enrolled) -> None:
    """The first text goes out, or the household grows by one, or somebody must call."""
    session = turn.session
    member = session.member(event.member.case_id)
    if member is None:
        member = replace(event.member)
        session.members.append(member)
    set_release_timer(turn, member)
    if session.unreachable:
        turn.call(session.unreachable, member)
    others = [other for other in session.in_state(*OPEN_CASES) if other is not member]
    if session.opted_out:
        _call_instead(turn, member, "opted_out")
    elif session.quarantined:
        _call_instead(turn, member, "wrong_number")
    elif others and session.consent is Consent.GIVEN:
        _join(turn, member)
    elif others and session.consent is Consent.DECLINED:
        _call_instead(turn, member, "no_consent")
    elif session.control is Control.HUMAN or session.alarmed:
        turn.escalate(Priority.ROUTINE, "enrolled_while_waiting", member.case_id)  # a person hands back at consent
    elif not others or session.step is None:
        session.consent = Consent.NONE  # what was said about earlier care does not count for this one
        turn.change_control(Control.BOT)
        turn.enter(turn.script.start)


def _call_instead(turn: Turn, member: Member, reason: str) -> None:
    turn.change_case(member, CaseState.PHONE_ONLY)
    turn.call(reason, member)


def _join(turn: Turn, member: Member) -> None:
    session = turn.session
    turn.change_case(member, CaseState.MONITORING)
    turn.set_check()
    if session.control is Control.HUMAN:
        return
    turn.say("member_added", case_id=member.case_id)
    if session.step in {None, "released", "phone_only"}:
        turn.change_control(Control.BOT)
        turn.enter("resting")
