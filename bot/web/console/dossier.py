"""All that the page of one conversation shows, put together from rows and the script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from aiohttp import web

from bot.domain.errors import NotFound
from bot.domain.states import CaseState, Control
from bot.engine.release import age_on, first_free_day
from bot.storage.accounts import names_by_login
from bot.storage.conversations import Conversation, load_conversations
from bot.storage.timeline import History, load_history
from bot.web.console.chart import Chart, chart
from bot.web.console.preview import bundle_of, give_programs, steps_back
from bot.web.console.timeline import Day, Outbound, Readers, case_names, days
from bot.web.console.words import Word, word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from bot.domain.program import Program
    from bot.engine.session import Member
    from bot.scripts.library import ScriptLibrary
    from bot.storage.timeline import Row
    from bot.web.console.access import Visit

_MAY_BE_HANDED_BACK = (Control.HUMAN, Control.WAITING_HUMAN)


@dataclass(frozen=True, slots=True)
class Resident:
    """One case at the head of the page. ``release`` is the first free day that the rule allows at the earliest."""

    case_id: int
    name: str
    kana: str
    age: int | None
    birth_date: date | None
    program: str
    day0: date
    day0_word: Word
    day0_assumed: bool
    day_number: int
    release: date | None
    state: CaseState
    at_risk: bool
    reports: list[Row]
    chart: Chart | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """One conversation. ``back`` are the steps at which it can be handed back, ``tasks`` its open escalations."""

    conversation: Conversation
    residents: list[Resident]
    former: list[Resident]
    tasks: list[Row]
    timeline: list[Day]
    shortened: bool
    staff: Mapping[str, str]
    symptoms: Mapping[str, str]
    back: list[str]
    step: Word

    @property
    def silent(self) -> bool:
        """Whether nothing may be texted to this number."""
        return self.conversation.session.opted_out or self.conversation.session.quarantined

    def mine(self, login: str) -> bool:
        """Whether that person leads the conversation."""
        session = self.conversation.session
        return session.control is Control.HUMAN and session.owner == login

    def unknown_text(self, text_id: str) -> str | None:
        """The words of a text of which nobody knows whether it went out; None where it is no such text."""
        entries = (entry for day in self.timeline for entry in day.entries if isinstance(entry, Outbound))
        return next(
            (entry.text for entry in entries if entry.key == f"out-{text_id}" and entry.state == "unknown"), None
        )

    def version(self, login: str) -> str:
        """Changes when other actions become possible."""
        session = self.conversation.session
        cases = [f"{resident.case_id}{resident.state}" for resident in self.residents]
        parts = (session.control, session.epoch, self.silent, self.mine(login), bool(self.tasks), *self.back, *cases)
        return " ".join(map(str, parts))


async def load_dossier(visit: Visit, conversation_id: int, *, everything: bool = False) -> Dossier:
    """Raises 404 where the office has no such conversation."""
    ports = visit.ports
    async with ports.database.read() as tx:
        conversation = (await load_conversations(tx, [conversation_id])).get(conversation_id)
        if conversation is None or conversation.office != ports.office.code:
            raise web.HTTPNotFound
        history = await load_history(tx, conversation_id, everything=everything)
        staff = await names_by_login(tx)
    give_programs(ports.library, conversation)
    symptoms = symptom_words(ports.library)
    marks = {mark["inbox_id"]: mark for mark in history.marks}
    readers = Readers(staff, case_names(history.cases), symptoms, marks)
    members = {member.case_id: member for member in conversation.session.members}
    residents = [_resident(row, members.get(row["id"]), history, visit) for row in history.cases]
    return Dossier(
        conversation=conversation,
        residents=[resident for resident in residents if resident.case_id in members],
        former=[resident for resident in residents if resident.case_id not in members],
        tasks=_tasks(history),
        timeline=days(history, readers, conversation.session.timezone),
        shortened=history.shortened,
        staff=staff,
        symptoms=symptoms,
        back=_steps_back(visit, conversation),
        step=word("step", conversation.session.step),
    )


def symptom_words(library: ScriptLibrary) -> Mapping[str, str]:
    """Symptom code -> Japanese, from the words that all scripts share."""
    for program in library.programs():
        return library.current(program).words["ja"].symptoms
    return {}


def _tasks(history: History) -> list[Row]:
    alive = [row for row in history.escalations if row["closed_at"] is None]
    return sorted(alive, key=lambda row: (-row["rank"], row["opened_at"]))


def _steps_back(visit: Visit, conversation: Conversation) -> list[str]:
    session = conversation.session
    if session.control not in _MAY_BE_HANDED_BACK or not session.members:
        return []
    try:
        bundle = bundle_of(visit.ports.library, conversation)
    except NotFound:
        return []
    return list(steps_back(bundle, session, visit.who.login, visit.now))


def _resident(row: Mapping[str, Any], member: Member | None, history: History, visit: Visit) -> Resident:
    program = _program(visit.ports.library, row["program"])
    birth_date = date.fromisoformat(row["birth_date"]) if row["birth_date"] else None
    reports = [report for report in history.reports if report["case_id"] == row["id"]]
    reports.sort(key=lambda report: report["local_date"])
    limits = program.thresholds if program else None
    return Resident(
        case_id=row["id"],
        name=row["name"],
        kana=row["kana"],
        age=age_on(birth_date, visit.today),
        birth_date=birth_date,
        program=program.title["ja"] if program else row["program"],
        day0=row["day0"],
        day0_word=word("day0", program.day0 if program else "onset"),
        day0_assumed=row["day0_assumed"],
        day_number=(visit.today - row["day0"]).days,
        release=first_free_day(program, member) if program and member else None,
        state=CaseState(row["state"]),
        at_risk=row["at_risk"],
        reports=reports,
        chart=chart(reports, limits.fever, limits.spo2_urgent) if limits else None,
    )


def _program(library: ScriptLibrary, name: str) -> Program | None:
    return library.current(name).script.program if name in library.programs() else None
