"""A text that the engine asks for -> the words that the resident reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.domain.office import Office
from bot.domain.program import Program
from bot.domain.states import OPEN_CASES
from bot.engine.effects import Say
from bot.engine.release import first_free_day, last_day
from bot.engine.session import Member, Session
from bot.scripts.bundle import ScriptBundle
from bot.scripts.understood import summary
from bot.scripts.words import Words

EMERGENCY_NUMBER = "119"


def render(bundle: ScriptBundle, say: Say, session: Session, office: Office, now: datetime) -> str:
    """The text ``say.key`` in the session's language; empty when the text has nothing to say (then none is sent).

    Only the variables that the text uses are worked out. Raises KeyError for a text that the script does not have and
    TemplateRefused for one that cannot be put together; a checked script has neither.
    """
    language = session.language.value
    template = bundle.template(language, say.key)
    scene = _Scene(bundle, bundle.words[language], say, session, now, "understood" in template.variables)
    fixed = _fixed(bundle, office, language)
    values = {}
    for variable in template.variables:
        if variable in say.values:
            values[variable] = scene.written(say.values[variable])
        else:
            values[variable] = fixed[variable] if variable in fixed else _MOVING[variable](scene)
    return template.render(values)


@lru_cache(maxsize=256)
def _fixed(bundle: ScriptBundle, office: Office, language: str) -> Mapping[str, str]:
    """What is the same for every resident of a program who reads that language."""
    name, hours = office.name_and_hours(language)
    hour = bundle.script.program.check_hour
    return {
        "center": name,
        "center_phone": office.phone,
        "center_hours": hours,
        "check_hour": f"{hour.hour}:{hour.minute:02d}",
        "emergency_number": EMERGENCY_NUMBER,
        "options": "",
        "sender_page": office.sender_page,
    }


@dataclass(frozen=True, slots=True)
class _Scene:
    """What one text is about."""

    bundle: ScriptBundle
    words: Words
    say: Say
    session: Session
    now: datetime
    confirms: bool

    def about(self) -> int | None:
        """Whom the text is about: where it tells what was understood, the one resident who was understood."""
        if self.confirms and self.say.readings:
            whose = {case_id for case_id, _ in self.say.readings}
            return whose.pop() if len(whose) == 1 else None
        return self.say.case_id

    def household(self) -> list[Member]:
        """Those who share the phone now, together with the one spoken about; empty where one has it alone."""
        members = [m for m in self.session.members if m.state in OPEN_CASES or m.case_id == self.say.case_id]
        return members if len(members) > 1 else []

    def written(self, value: object) -> str:
        """A value of the engine as this language writes it."""
        if isinstance(value, date):
            return self.words.day(value)
        if isinstance(value, list | tuple):
            return self.words.persons(map(str, value))
        return str(value)

    def program(self, member: Member | None) -> Program:
        return member.program if member and member.program else self.bundle.script.program

    def title(self) -> str:
        return self.program(self.session.member(self.about())).title.get(self.session.language, "")

    def name(self) -> str:
        """Also the last one of a household is named, after the others were."""
        members = self.session.members
        about = self.session.member(self.about()) if len(members) > 1 else None
        return about.first_name if about else ""

    def names(self) -> str:
        return self.words.persons(member.first_name for member in self.household())

    def dated(self, of: Callable[[Program, Member], date]) -> str:
        """A date of the member spoken about; of all members where it is the same; else nothing."""
        about = self.session.member(self.about())
        members = [about] if about else self.household() or self.session.members
        days = {of(self.program(member), member) for member in members}
        return self.words.day(days.pop()) if len(days) == 1 else ""

    def understood(self) -> str:
        """What was understood; by name where it is of several residents (else the text names the one itself)."""
        told: dict[str, list[str]] = {}
        names = {member.case_id: member.first_name for member in self.session.members}
        for case_id, reading in self.say.readings:
            told.setdefault(summary(reading, self.words), []).append(names.get(case_id, ""))
        told.pop("", None)
        if len({case_id for case_id, _ in self.say.readings}) < 2:
            return self.words.separator.join(told)
        return " / ".join(
            self.words.member.format(name=self.words.persons(whose), summary=text) for text, whose in told.items()
        )


_MOVING: dict[str, Callable[[_Scene], str]] = {
    "program": _Scene.title,
    "name": _Scene.name,
    "names": _Scene.names,
    "day0": lambda scene: scene.dated(lambda _, member: member.day0),
    "last_day": lambda scene: scene.dated(last_day),
    "release_on": lambda scene: scene.dated(first_free_day),
    "today": lambda scene: scene.words.day(scene.now.astimezone(ZoneInfo(scene.session.timezone)).date()),
    "understood": _Scene.understood,
}
