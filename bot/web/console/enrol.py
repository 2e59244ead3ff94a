"""Putting one resident on the roster: a form, a look at the first text, and then it goes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.domain.names import given_names
from bot.domain.states import OPEN_CASES, CaseState, Language
from bot.engine.events import Enrolled
from bot.engine.release import first_free_day
from bot.engine.session import Member, Session
from bot.residents.roster import InvalidResident, NewResident, check_resident
from bot.storage.audit import note_action
from bot.storage.conversations import find_conversation, load_conversations
from bot.storage.queue import Person, people_of
from bot.web.console.access import Once, Visit
from bot.web.console.pages import phone
from bot.web.console.preview import Looks, Plan, bundle_of, give_programs, plan
from bot.web.console.words import Word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.program import Program
    from bot.scripts.bundle import ScriptBundle

FIELDS = ("name", "kana", "phone", "birth_date", "language", "program", "onset_date", "at_risk")
_LONGEST_FIELD = 200


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What will happen when this resident is enrolled."""

    resident: NewResident
    program: Program
    day0: date
    release: date
    plan: Plan
    household: list[Person]
    warnings: list[Word]


class EnrolViews:
    """The form, the look before it is done, and the deed."""

    def __init__(self, once: Once) -> None:
        self._once = once

    async def form(self, visit: Visit) -> web.StreamResponse:
        """An empty form; ``?conversation=`` brings the number of somebody who wrote without being on the roster."""
        values = {"language": "ja"}
        wanted = visit.request.query.get("conversation", "")
        if wanted.isdecimal() and len(wanted) <= 15:
            values["phone"] = await _phone_of(visit, int(wanted))
        return await self._page(visit, values, {})

    async def enrol(self, visit: Visit) -> web.StreamResponse:
        """Check the fields; show what will happen; enrol once that was confirmed."""
        values = {name: visit.form.get(name, "").strip()[:_LONGEST_FIELD] for name in FIELDS}
        library = visit.ports.library
        try:
            resident = check_resident(values, library.programs(), visit.today)
        except InvalidResident as error:
            return await self._page(visit, values, error.fields, status=422)
        if "edit" in visit.form:
            return await self._page(visit, values, {})
        if "confirmed" not in visit.form:
            look = await first_look(visit, resident)
            return await visit.page("enrol_confirm.html", look=look, values=values, once=Once.token())
        if not self._once.use(visit.form.get("once", "")):
            visit.say("bad", "この登録はもう済んでいます。", "This was done already.")
            raise web.HTTPSeeOther("/console/enrol")
        try:
            return await self._done(visit, resident)
        except InvalidResident as error:
            return await self._page(visit, values, error.fields, status=422)

    @staticmethod
    async def _done(visit: Visit, resident: NewResident) -> web.StreamResponse:
        await visit.ports.roster.enrol(resident)
        async with visit.ports.database.write() as tx:
            conversation_id = await find_conversation(tx, visit.ports.office.code, resident.phone)
            await note_action(tx, visit.who.login, "enrolled", conversation_id, visit.now)
        visit.say("good", f"{resident.name}さんを登録しました。", "Enrolled.")
        raise web.HTTPSeeOther(f"/console/conversations/{conversation_id}")

    @staticmethod
    async def _page(
        visit: Visit, values: Mapping[str, str], errors: Mapping[str, Any], *, status: int = 200
    ) -> web.StreamResponse:
        library = visit.ports.library
        programs = [library.current(name).script.program for name in library.programs()]
        programs.sort(key=lambda program: (not _valid_on(program, visit.today), program.name))
        valid = {program.name: _valid_on(program, visit.today) for program in programs}
        return await visit.page(
            "enrol.html", status=status, values=values, errors=errors, programs=programs, valid=valid,
            languages=list(Language),
        )  # fmt: skip


async def first_look(visit: Visit, resident: NewResident) -> FirstLook:
    """Play the enrolment on the conversation as it is, without storing anything."""
    ports = visit.ports
    bundle = ports.library.current(resident.program)
    program, day0 = bundle.script.program, resident.day0 or visit.today
    member = Member(
        case_id=-1,
        first_name="",
        state=CaseState.ENROLLED,
        day0=day0,
        at_risk=resident.at_risk,
        birth_date=resident.birth_date,
    )
    session, household, bundle = await _session(visit, resident, member, bundle)
    looks = Looks(ports.roads.router, ports.office.code, resident.phone, session, visit.now)
    planned = plan(bundle, session, Enrolled(member), ports.office, looks)
    warnings = list(_warnings(program, day0, household, session, resident))
    return FirstLook(resident, program, day0, first_free_day(program, member), planned, household, warnings)


async def _session(
    visit: Visit, resident: NewResident, member: Member, bundle: ScriptBundle
) -> tuple[Session, list[Person], ScriptBundle]:
    """The session that the resident would join: a fresh one, or that of the phone's household."""
    office = visit.ports.office
    fresh = Session(language=resident.language, timezone=office.timezone)
    async with visit.ports.database.read() as tx:
        conversation_id = await find_conversation(tx, office.code, resident.phone)
        if conversation_id is None:
            member.first_name = given_names([resident.name])[0]
            return fresh, [], bundle
        conversation = (await load_conversations(tx, [conversation_id]))[conversation_id]
        people = (await people_of(tx, [conversation_id])).get(conversation_id, [])
    session = conversation.session
    household = [person for person in people if person.state in OPEN_CASES]
    session.members = [known for known in session.members if known.state in OPEN_CASES]
    if household:
        give_programs(visit.ports.library, conversation)
        bundle = bundle_of(visit.ports.library, conversation)
        member.program = visit.ports.library.current(resident.program).script.program
    names = given_names([*(person.name for person in household), resident.name])
    member.first_name = names[-1]
    session.language = resident.language
    return session, household, bundle


def _warnings(
    program: Program, day0: date, household: Sequence[Person], session: Session, resident: NewResident
) -> list[Word]:
    found = []
    if not _valid_on(program, day0):
        until = program.valid_until or program.valid_from
        found.append(Word(
            f"このプログラムの決まりは{program.valid_from}から{until}までのものです。0日目({day0})はその外です。",
            f"This program's rules are valid from {program.valid_from} to {until}; day 0 ({day0}) is outside.",
        ))  # fmt: skip
    if session.opted_out:
        stopped = "この番号は配信停止(STOP)です。SMSは送らず、電話リストに入ります。"
        found.append(Word(stopped, "This number sent STOP: a call instead."))
    if session.quarantined:
        wrong = "この番号は宛先違いの連絡がありました。SMSは送らず、電話リストに入ります。"
        found.append(Word(wrong, "Reported as a wrong number: a call instead."))
    for person in household:
        same = person.name == resident.name
        known = "同じ名前の方" if same else f"{person.name}さん"
        more = (
            "同じ方でないか、フリガナも確かめてください。"
            if same
            else "同じ電話を使う家族として、お名前ごとにたずねます。"
        )
        found.append(Word(f"この番号には{known}がもう登録されています。{more}", "This number is on the roster."))
    return found


def _valid_on(program: Program, day: date) -> bool:
    return program.valid_from <= day and (program.valid_until is None or day <= program.valid_until)


async def _phone_of(visit: Visit, conversation_id: int) -> str:
    async with visit.ports.database.read() as tx:
        conversation = (await load_conversations(tx, [conversation_id])).get(conversation_id)
    if conversation is None or conversation.office != visit.ports.office.code:
        raise web.HTTPNotFound
    return phone(conversation.phone)
