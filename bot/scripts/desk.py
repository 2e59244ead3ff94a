"""What staff would see of one simulated conversation: reports, open tasks, calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from bot.domain.reading import Priority, worst
from bot.engine import effects as fx
from bot.engine.session import Session
from bot.scripts.stage import DayReport, OpenTask


@dataclass(slots=True)
class Desk:
    """Keeps them as the real tables do: one report a day (the worst stands), one open task and call of a kind."""

    reports: dict[tuple[int, date], DayReport] = field(default_factory=dict)
    tasks: dict[tuple[Priority, str, int | None], OpenTask] = field(default_factory=dict)
    calls: dict[tuple[int | None, str], bool] = field(default_factory=dict)

    def take(self, effect: fx.Effect, session: Session) -> None:
        """What an effect changes for staff; the others are the session's."""
        match effect:
            case fx.ReportRecorded():
                member = session.member(effect.case_id)
                self._report(effect, member.first_name if member else "")
            case fx.Escalated():
                task = OpenTask(effect.priority, effect.reason, effect.evidence)
                self.tasks.setdefault((effect.priority, effect.reason, effect.case_id), task)
            case fx.EscalationsClosed():
                left = {key: task for key, task in self.tasks.items() if effect.reason and key[1] != effect.reason}
                self.tasks = left
            case fx.CallAdded():
                key = effect.case_id, effect.reason
                self.calls[key] = self.calls.get(key, False) or effect.high
            case fx.CallsAnswered():
                self.calls.pop((effect.case_id, effect.reason), None)
            case _:
                pass

    def _report(self, effect: fx.ReportRecorded, first_name: str) -> None:
        key = effect.case_id, effect.local_date
        old = self.reports.get(key) or DayReport(first_name, effect.local_date, Priority.NONE)
        reading = effect.reading
        self.reports[key] = DayReport(
            first_name,
            effect.local_date,
            worst(old.priority, effect.priority),
            old.temperature if reading.temperature is None else reading.temperature,
            old.spo2 if reading.spo2 is None else reading.spo2,
        )
