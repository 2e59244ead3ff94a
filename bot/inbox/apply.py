"""The engine's effects as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from bot.domain.sms import sms_length
from bot.domain.states import TextKind, TextState
from bot.engine import effects as fx
from bot.scripts.render import render

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.domain.office import Office
    from bot.scripts.bundle import ScriptBundle
    from bot.storage.changes import Changes
    from bot.storage.conversations import Conversation


def apply_effects(
    changes: Changes,
    conversation: Conversation,
    bundle: ScriptBundle,
    office: Office,
    cause: int,
    effects: Iterable[fx.Effect],
) -> None:
    """Gather what the effects of one turn change; ``cause`` is the inbox row."""
    writer = _Writer(changes, conversation, bundle, office, cause)
    for effect in effects:
        writer.apply(effect)


class _Writer:
    def __init__(
        self, changes: Changes, conversation: Conversation, bundle: ScriptBundle, office: Office, cause: int
    ) -> None:
        self.changes = changes
        self.conversation = conversation
        self.bundle = bundle
        self.office = office
        self.cause = cause
        self.number = 0

    def apply(self, effect: fx.Effect) -> None:
        """Texts and consent need the conversation; the rest is for the tables."""
        match effect:
            case fx.Say():
                self._say(effect)
            case fx.SayWritten():
                self._text("staff", TextKind.STAFF, None, effect.text, author=effect.staff)
            case fx.SentAgain():
                self.number += 1
                self.changes.send_again(self.conversation, effect.text_id, self.cause, self.number)
            case fx.ConsentNoted():
                self._consent(effect)
            case fx.ReportRecorded():
                about, case = self.conversation.id, effect.case_id
                self.changes.report(about, case, effect.local_date, effect.reading, effect.priority, self.cause)
            case _:
                self._gather(effect)

    def _gather(self, effect: fx.Effect) -> None:
        changes, about = self.changes, self.conversation.id
        match effect:
            case fx.TimerSet():
                changes.set_timer(about, effect)
            case fx.TimersCancelled():
                changes.cancel_timers(about, effect.prefix)
            case fx.Escalated():
                changes.escalate(about, effect)
            case fx.EscalationsOwned():
                changes.own_escalations(about, effect.staff)
            case fx.EscalationsClosed():
                changes.close_escalations(about, effect)
            case fx.EscalationsReturned():
                changes.return_escalations(about)
            case fx.CallAdded():
                changes.call(about, effect)
            case fx.CallsAnswered():
                changes.calls_answered(about, effect)
            case fx.TextsCancelled():
                changes.cancel_texts(about, effect)
            case _:
                pass  # CaseChanged: the member carries it

    def _say(self, effect: fx.Say) -> None:
        text = render(self.bundle, effect, self.conversation.session, self.office, self.changes.now)
        if text:
            self._text(effect.key, effect.kind, effect.case_id, text)

    def _text(self, key: str, kind: TextKind, case_id: int | None, text: str, author: str | None = None) -> None:
        session, now = self.conversation.session, self.changes.now
        self.number += 1
        self.changes.texts.append({
            "conversation_id": self.conversation.id, "case_id": case_id, "cause": self.cause, "number": self.number,
            "step": session.step, "text_key": key, "kind": kind, "text": text, "segments": sms_length(text).segments,
            "state": TextState.QUEUED, "due_at": self._due(kind, now), "epoch": session.epoch, "attempts": 0,
            "reference": uuid4().hex, "possible_duplicate": False, "author": author, "created_at": now, "code": None,
        })  # fmt: skip

    def _due(self, kind: TextKind, now: datetime) -> datetime:
        """Only what the program sends by itself waits for the morning."""
        timezone = self.conversation.session.timezone
        return self.office.quiet.next_allowed(now, timezone) if kind is TextKind.SCHEDULED else now

    def _consent(self, effect: fx.ConsentNoted) -> None:
        session = self.conversation.session
        self.changes.consents.append({
            "conversation_id": self.conversation.id, "consent": effect.consent,
            "wording": f"{self.bundle.program}@{self.bundle.version[:12]}/{session.language}",
            "inbox_id": self.cause, "at": self.changes.now,
        })  # fmt: skip
