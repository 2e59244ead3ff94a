"""``script chat``: be the resident of a script, in the terminal or through a pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from rich.console import Console

from bot.domain.errors import MimamoriError
from bot.domain.phone import national
from bot.domain.reading import Reading
from bot.domain.sms import sms_length
from bot.domain.states import Language
from bot.engine import effects as fx
from bot.engine.events import Replied
from bot.scripts.bundle import ScriptBundle
from bot.scripts.dialogue import TIMEZONE
from bot.scripts.duration import parse_duration
from bot.scripts.simulate import Reads, Simulation
from bot.scripts.stage import STAFF_ACTIONS, Resident, Sent, State
from bot.scripts.understood import summary

PHONE = "+819012345678"
HELP = """\
そのまま入力すると、住民からのSMSになります。 / What you type is a text from the resident.
  :wait 24h            時間を進める(30m、1d2h など) / let time pass
  :staff take-over     職員が引き継ぐ / staff take over
  :staff reply 文      職員が送る / staff write
  :staff hand-back daily   step にもどす / hand back at a step
  :staff close 回復    終了する / close with an outcome
  :staff confirm-release   解除を確認する / confirm the release
  :staff finish-call no_answer reached   電話を済ませる / a call is done
  :send 文             「:」で始まる文や空のSMSを送る / send a text that begins with “:”, or an empty one
  :state               いまの状態 / the present state
  :quit                終わる / leave"""

_PRIORITY_STYLES = {"emergency": "bold white on red", "urgent": "bold red", "routine": "yellow", "none": "green"}


class Chat:
    """One resident's talk with the bot; ``lines`` come from a terminal or a pipe."""

    def __init__(
        self, bundle: ScriptBundle, reader: Reads, console: Console, resident: Resident, start: datetime
    ) -> None:
        self._bundle = bundle
        self._console = console
        self._world = Simulation(lambda _: bundle, bundle.program, reader, start)
        self._resident = resident
        self._seen = 0
        self._commands: dict[str, Callable[[str], None]] = {
            "wait": self._wait,
            "staff": self._staff,
            "send": self._send,
            "state": self._state,
            "help": lambda _: self._print(HELP),
        }

    def run(self, lines: Iterable[str], *, echo: bool) -> None:
        """Talk until the lines end or ``:quit``; ``echo`` shows them (a terminal does so by itself)."""
        title = self._bundle.script.program.title["ja"]
        self._print(f"{title} ({self._bundle.program} {self._bundle.version[:8]})  :help :quit", "bold")
        self._try(lambda: self._world.enrol(self._resident))
        for line in lines:
            text = line.rstrip("\r\n")
            if echo and text:
                self._print(f"> {text}", "bold")
            if text.strip() in {":quit", ":q"}:
                return
            if text:
                self._line(text)

    def _line(self, text: str) -> None:
        if not text.startswith(":"):
            self._send(text)
            return
        name, _, argument = text[1:].partition(" ")
        command = self._commands.get(name)
        if command is None:
            self._print(
                f"「:{name}」はありません。:help を見てください。 / There is no “:{name}”; see :help.", "yellow"
            )
        else:
            command(argument.strip())

    # -- commands ----------------------------------------------------------------------------------------------------
    def _send(self, text: str) -> None:
        self._try(lambda: self._world.send(PHONE, text))

    def _wait(self, argument: str) -> None:
        passing = parse_duration(argument)
        if passing is None or passing > timedelta(days=100):
            self._print(
                "「:wait 24h」「:wait 1d2h」「:wait 30m」のように入力してください。 / Write “:wait 24h”.", "yellow"
            )
        else:
            self._try(lambda: self._world.advance(self._world.now + passing))
            self._print(f"── {self._clock(self._world.now)} ──", "dim")

    def _staff(self, argument: str) -> None:
        action, _, rest = argument.partition(" ")
        if action not in STAFF_ACTIONS:
            self._print(f":staff {' | '.join(STAFF_ACTIONS)}", "yellow")
        else:
            self._try(lambda: self._world.staff(action, PHONE, rest.strip()))

    def _state(self, _: str) -> None:
        state = self._world.state(PHONE)
        self._print(f"{self._clock(self._world.now)}  {national(PHONE)}")
        self._print(f"control={state.control} step={state.step} consent={state.consent}")
        for name, case in state.cases:
            self._print(f"case={name}:{case}")
        self._tasks(state)

    def _tasks(self, state: State) -> None:
        for task in state.escalations:
            self._print(f"escalation={task.priority}:{task.reason}", _PRIORITY_STYLES[task.priority])
        for reason, high in state.calls:
            self._print(f"call={reason}{':high' if high else ''}")
        for report in state.reports:
            values = [report.temperature, report.spo2]
            told = "".join(f" {value:g}" for value in values if value is not None)
            self._print(f"report={report.day} {report.priority}{told}")

    # -- what came of it ---------------------------------------------------------------------------------------------
    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except MimamoriError as error:
            self._print(f"{error.ja} / {error.en}", "yellow")
        self._show()

    def _show(self) -> None:
        talk = self._world.talks.get(PHONE)
        new = talk.effects[self._seen :] if talk else []
        self._seen += len(new)
        if talk and talk.events and isinstance(talk.events[-1], Replied) and new:
            self._show_reading(talk.events[-1])
        for effect in new:
            self._show_effect(effect)
        for sent in self._world.texts():
            self._show_text(sent)

    def _show_reading(self, event: Replied) -> None:
        words = self._bundle.words["ja"]
        for part in event.parts:
            reading = part.reading
            what = summary(reading, words)
            doubt = "" if reading.understood else " (読み取れない / not understood)"
            line = f"  読み取り: {reading.intent}/{reading.priority}{doubt}  {what}  {_evidence(event.text, reading)}"
            self._print(line.rstrip(), _PRIORITY_STYLES[reading.priority] if reading.priority != "none" else "dim")

    def _show_effect(self, effect: fx.Effect) -> None:
        match effect:
            case fx.Escalated():
                about = f"「{effect.evidence}」" if effect.evidence else ""
                line = f"  → 職員へ / to staff: {effect.priority} {effect.reason} {about}"
                self._print(line.rstrip(), _PRIORITY_STYLES[effect.priority])
            case fx.CallAdded():
                self._print(f"  → 電話リスト / call list: {effect.reason}{' (high)' if effect.high else ''}", "yellow")
            case fx.ReportRecorded():
                self._print(f"  → 記録 / report: {effect.local_date} {effect.priority}", "dim")
            case fx.ConsentNoted():
                self._print(f"  → 同意 / consent: {effect.consent}", "dim")
            case fx.CaseChanged():
                self._print(f"  → case: {effect.state}", "dim")
            case _:
                pass

    def _show_text(self, sent: Sent) -> None:
        length = sms_length(sent.text)
        self._print(f"[{self._clock(sent.at)}] {length.segments}通分 {length.units}字 {length.encoding}", "dim")
        self._print("\n".join(f"  │ {line}" for line in sent.text.split("\n")), "cyan")

    def _print(self, text: str, style: str | None = None) -> None:
        self._console.print(text, style=style, markup=False, highlight=False, emoji=False, soft_wrap=True)

    @staticmethod
    def _clock(moment: datetime) -> str:
        return f"{moment.astimezone(TIMEZONE):%Y-%m-%d %H:%M}"


def sample_resident(language: Language, start: datetime, *, at_risk: bool = False) -> Resident:
    """Somebody who fell ill the day before ``start``."""
    day0 = (start - timedelta(days=1)).date()
    return Resident("山田 太郎", "ヤマダ タロウ", PHONE, language, day0, at_risk=at_risk)


def _evidence(text: str, reading: Reading) -> str:
    return "、".join(f"「{text[item.start : item.end]}」{item.rule}" for item in reading.evidence)
