"""``mimamori script …``: check, test, draw and try conversation scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.domain.errors import InvalidInput, MimamoriError
from bot.domain.states import Language
from bot.scripts.chat import Chat, sample_resident
from bot.scripts.check.folder import check_folder, known_program
from bot.scripts.check.length import Measured, measure
from bot.scripts.dialogue import TIMEZONE
from bot.scripts.graph import mermaid
from bot.scripts.issue import Issue, ScriptUnusable, Severity, errors, in_order
from bot.scripts.load import load, load_bundle
from bot.scripts.reader import load_reader
from bot.scripts.rehearsal import Rehearsed, rehearse
from bot.scripts.source import default_conversations

app = typer.Typer(no_args_is_help=True, help="会話の台本を確かめ、試す / Check and try conversation scripts.")

Folder = Annotated[
    Path | None,
    typer.Option(
        "--conversations",
        envvar="MIMAMORI_CONVERSATIONS",
        help="会話のフォルダ(はじめは付属のもの) / The conversations folder (the shipped one by default).",
    ),
]
OneProgram = Annotated[str, typer.Argument(help="プログラムの名前 / Name of the program.")]
AnyProgram = Annotated[
    str | None, typer.Argument(help="プログラムの名前(なければすべて) / Name of the program (all without it).")
]
_MARKS = {Severity.ERROR: ("エラー", "bold red"), Severity.WARNING: ("注意", "yellow")}


@app.command()
def check(
    program: AnyProgram = None,
    conversations: Folder = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="JSONで出す / Print JSON.")] = False,
    segments: Annotated[
        bool, typer.Option("--segments", help="各文の最大の長さも出す / Show how long each text can become.")
    ] = False,
) -> None:
    """台本の間違いを探す(エラーがあれば終了コード1) / Find what is wrong; exit code 1 with errors."""
    with _told():
        folder = conversations or default_conversations()
        issues = check_folder(folder, program)
        names = known_program(folder, program)
        texts = list(_measured(folder, names)) if segments else []
    if as_json:
        _print_json(names, issues, texts)
    else:
        _print_issues(names, issues, texts)
    raise typer.Exit(1 if errors(issues) else 0)


@app.command("test")
def play_dialogues(
    program: AnyProgram = None,
    conversations: Folder = None,
    *,
    update: Annotated[
        bool, typer.Option("--update", help="「bot>」の行を実際の文に書き直す / Rewrite the “bot>” lines.")
    ] = False,
) -> None:
    """例の会話を再生する(違いがあれば終了コード1) / Play the example dialogues; exit code 1 with a difference."""
    out = _console()
    passed = total = 0
    with _told():
        folder = conversations or default_conversations()
        for outcome in rehearse(folder, load_reader(folder), program, update=update):
            _print_rehearsed(out, outcome)
            total += 1
            passed += outcome.passed
    _print(out, f"{total}件中{passed}件が通りました / {passed} of {total} dialogues pass", "bold")
    raise typer.Exit(0 if passed == total else 1)


@app.command()
def graph(program: OneProgram, conversations: Folder = None) -> None:
    """台本の図を Mermaid で出す / Print the script as a Mermaid state diagram."""
    with _told():
        folder = conversations or default_conversations()
        known_program(folder, program)
        _reconfigure()
        sys.stdout.write(mermaid(load_bundle(folder, program).script))


@app.command()
def chat(
    program: OneProgram,
    conversations: Folder = None,
    language: Annotated[Language, typer.Option(help="住民のことば / The resident's language.")] = Language.JA,
    start: Annotated[
        str, typer.Option(help="始まりの日時 2022-09-10 10:00(なければ今日の10時) / When it begins (today at 10:00).")
    ] = "",
    *,
    at_risk: Annotated[bool, typer.Option(help="リスクの高い方 / A resident at higher risk.")] = False,
) -> None:
    """住民になって台本と話す / Talk to a script as a resident."""
    with _told():
        folder = conversations or default_conversations()
        known_program(folder, program)
        bundle, reader, begin = load_bundle(folder, program), load_reader(folder), _start(start)
        talk = Chat(bundle, reader, _console(), sample_resident(language, begin, at_risk=at_risk), begin)
        talk.run(_typed_lines(), echo=not sys.stdin.isatty())


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong is told in a sentence, never as a traceback."""
    try:
        yield
    except ScriptUnusable as unusable:
        for issue in in_order(errors(unusable.issues)):
            typer.echo(str(issue), err=True)
        raise typer.Exit(1) from None
    except MimamoriError as error:
        typer.echo(f"{error.ja} / {error.en}", err=True)
        raise typer.Exit(2) from None


def _measured(folder: Path, names: list[str]) -> Iterator[tuple[str, Measured]]:
    for name in names:
        bundle = load(folder, name).bundle
        if bundle is not None:
            yield from ((name, text) for text in measure(bundle))


def _print_json(names: list[str], issues: list[Issue], texts: list[tuple[str, Measured]]) -> None:
    found = len(errors(issues))
    report = {
        "programs": names,
        "errors": found,
        "warnings": len(issues) - found,
        "issues": [issue.as_dict() for issue in issues],
    }
    if texts:
        report["texts"] = [
            {
                "program": name, "language": text.language, "key": text.key, "file": text.place.file,
                "line": text.place.line, "characters": text.utf16, "units": text.length.units,
                "encoding": text.length.encoding, "segments": text.length.segments,
            }
            for name, text in texts
        ]  # fmt: skip
    typer.echo(json.dumps(report, ensure_ascii=False, indent=2))


def _print_issues(names: list[str], issues: list[Issue], texts: list[tuple[str, Measured]]) -> None:
    out = _console()
    for name, text in texts:
        where = f"{text.place.file}:{text.place.line}"
        size = f"{text.length.segments:2} 通分 {text.utf16:4}字 {text.length.encoding}"
        _print(out, f"{size}  {name} {text.language} {text.key}  {where}", "dim")
    for issue in issues:
        mark, style = _MARKS[issue.severity]
        _print(out, f"{issue.file}:{issue.line}: {mark} [{issue.code}] {issue.ja}", style)
        _print(out, f"    {issue.en}", "dim")
    found = len(errors(issues))
    warned = len(issues) - found
    counts = f"エラー{found}件、注意{warned}件 / {len(names)} programs, {found} errors, {warned} warnings"
    _print(out, f"プログラム{len(names)}件、{counts}", "bold")


def _print_rehearsed(out: Console, outcome: Rehearsed) -> None:
    note = " (書き直しました / rewritten)" if outcome.rewritten else ""
    if outcome.passed:
        _print(out, f"✓ {outcome.file}  {outcome.title}{note}", "green")
        return
    _print(out, f"✗ {outcome.file}  {outcome.title}{note}", "bold red")
    for issue in outcome.issues:
        _print(out, f"  {issue}")
    difference = outcome.difference
    if difference:
        _print(out, f"  {outcome.file}:{difference.line}: {difference.ja} / {difference.en}")
        for sign, texts, style in (("-", difference.expected, "red"), ("+", difference.actual, "green")):
            for line in "\n".join(texts).split("\n") if texts else ():
                _print(out, f"  {sign} {line}", style)


def _typed_lines() -> Iterator[str]:
    """Lines from the keyboard or the pipe, until either ends."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    while True:
        try:
            yield input("> ")
        except (EOFError, KeyboardInterrupt):
            return


def _start(text: str) -> datetime:
    if not text:
        return datetime.now(TIMEZONE).replace(hour=10, minute=0, second=0, microsecond=0)
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=TIMEZONE)
    except ValueError:
        raise InvalidInput(
            "--start は 2022-09-10 10:00 のように書いてください。",
            "Write --start like 2022-09-10 10:00.",
            field="start",
        ) from None


def _reconfigure() -> None:
    """A terminal or pipe that cannot show a character shows a question mark instead of failing."""
    for stream in (sys.stdin, sys.stdout):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _console() -> Console:
    _reconfigure()
    return Console()


def _print(out: Console, text: str, style: str | None = None) -> None:
    out.print(text, style=style, markup=False, highlight=False, emoji=False, soft_wrap=True)
