"""``mimamori triage``: how a reply is read, and how well labelled replies are read."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from bot import training
from bot.bench.progress import progress
from bot.domain.errors import InvalidInput
from bot.domain.reading import Context
from bot.reading import jsonl as lines
from bot.reading.evaluate import FIGURES, Tally, evaluate, read_labelled
from bot.reading.explain import explain
from bot.reading.reader import Reader
from bot.settings import Settings, load_settings, shipped

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_READ = "read"
_WIDE = 260
"""Columns of output that is no terminal."""
_FIGURE, _CELL = 34, 22
"""Columns that the name of a figure and a share take."""


class _TextFirst(TyperGroup):
    """``triage TEXT`` and ``triage --jsonl`` mean ``triage read …``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # typer's own copy of click's Context
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = [_READ, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(help="返信をどう読むか / How replies are read", cls=_TextFirst, no_args_is_help=False)
Conversations = Annotated[
    Path | None,
    typer.Option(envvar="MIMAMORI_CONVERSATIONS", help="会話のフォルダ(はじめは付属のもの) / The conversations folder"),
]


@app.command(_READ)
def read(
    text: Annotated[str | None, typer.Argument(help="返信の文 / A reply")] = None,
    context: Annotated[Context, typer.Option(help="直前の質問 / What was asked last")] = Context.DAILY,
    conversations: Conversations = None,
    *,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="標準入力から1行1件 / Read JSON Lines from standard input")
    ] = False,
) -> None:
    """返信をどう読むか(read は省ける) / How a reply is read; the word read may be left out."""
    reader = _reader(conversations)
    if jsonl:
        for line in lines.run(sys.stdin, reader):
            typer.echo(line)
    elif text is None:
        raise typer.BadParameter("TEXT か --jsonl を指定してください / Give TEXT or --jsonl")
    else:
        typer.echo(explain(reader.read(text, context), text))


@app.command("evaluate")
def evaluate_file(
    file: Annotated[Path, typer.Argument(help="ラベルの付いた返信(JSON Lines) / Labelled replies")],
    conversations: Conversations = None,
    *,
    mistakes: Annotated[bool, typer.Option(help="読みまちがいを並べる / List what was read wrong")] = True,
) -> None:
    """ラベルの付いた返信で精度を測る / Measure on labelled replies."""
    tallies = evaluate(_labelled(file), _reader(conversations))
    _print_tables(tallies)
    for want, got in tallies["all"].mistakes if mistakes else ():
        right = f"{'|'.join(want['intent'])} {'|'.join(want['priority'])}"
        typer.echo(f"{want['id']} [{want['context']}] {want['text']!r}: {right} → {got['intent']} {got['priority']}")


@app.command("train")
def train_weights(
    more: Annotated[
        list[Path] | None, typer.Argument(help="加えて学ぶラベル付きの返信 / More labelled replies (JSON Lines)")
    ] = None,
    conversations: Conversations = None,
    *,
    dry_run: Annotated[bool, typer.Option(help="書き込まずに見る / Show, and write nothing")] = False,
    changes: Annotated[bool, typer.Option(help="変わった読みを並べる / List the readings that change")] = True,
) -> None:
    """ラベルの付いた返信から重みを作り直す / Make the classifier's weights again from the labelled replies."""
    folder = (conversations or shipped("conversations")) / "reading"
    rows = training.load_labelled(folder, more or ())
    with progress() as told:
        trained = training.train(Reader.load(folder), rows, told)
    _console().print(_compared(trained))
    _print_tables(trained.unseen)
    for change in trained.changes if changes else ():
        typer.echo(_change(change))
    if trained.missed:
        for change in trained.missed:
            typer.echo(f"見のがす / missed: {_change(change)}", err=True)
        raise InvalidInput(
            f"いまの重みが見つける緊急を {len(trained.missed)} 件見のがすので、書き込みません。",
            f"Refused: these weights miss {len(trained.missed)} emergencies that the present ones find.",
            field="weights",
        )
    if not dry_run:
        typer.echo(f"書きました / written: {training.write_weights(folder, trained.weights)}")


@app.command("reread")
def reread_replies(
    replies: Annotated[list[int] | None, typer.Argument(help="返信の番号(なければ新しい順) / Ids of replies")] = None,
    latest: Annotated[int, typer.Option(min=1, help="新しいほうから何通 / How many of the latest")] = 200,
    config: Annotated[Path | None, typer.Option(envvar="MIMAMORI_CONFIG", help="設定ファイル / Settings file")] = None,
) -> None:
    """保存された返信を、読んだときの版と今の規則で読み直す / Read stored replies again."""
    settings = load_settings(config, os.environ)
    if asyncio.run(_reread(settings, replies or [], latest)):
        raise typer.Exit(1)


async def _reread(settings: Settings, ids: list[int], latest: int) -> int:
    """Print a line for each reply, without name, number or text; the number of those that came out otherwise."""
    from bot.corrections.reread import Rereader, in_words  # noqa: PLC0415  # as above
    from bot.storage.database import Database  # noqa: PLC0415  # only reading again needs the database
    from bot.storage.keys import Keyring  # noqa: PLC0415  # only reading again needs the database
    from bot.storage.migrate import migrate  # noqa: PLC0415  # only reading again needs the database
    from bot.storage.readings import latest_replies  # noqa: PLC0415  # only reading again needs the database

    reader = Reader.load(settings.conversations / "reading")
    database = Database(settings.database, Keyring.load_or_create(settings.keys))
    different = 0
    try:
        await migrate(database)
        async with database.read() as tx:
            found = await latest_replies(tx, settings.office.code, latest, ids)
        rereader = Rereader(database, reader)
        for reply in found:
            again = await rereader.again(reply)
            different += again.same is False
            typer.echo(in_words(reply, again))
    finally:
        await database.close()
    typer.echo(
        f"{len(found)}通、保存された読み取りと違うもの {different}通 / {len(found)} read again, {different} differ"
    )
    return different


def _reader(conversations: Path | None) -> Reader:
    return Reader.load((conversations or shipped("conversations")) / "reading")


def _labelled(file: Path) -> list[dict[str, object]]:
    try:
        with file.open(encoding="utf-8") as opened:
            return [dict(row) for row in read_labelled(opened, file.name)]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} を読めません: {error}", f"Cannot read {file}: {error}", field="file") from None


def _console() -> Console:
    """Wide where the output is no terminal, so that no figure is cut."""
    from rich.console import Console  # noqa: PLC0415  # other commands start faster without it

    console = Console()
    return console if console.is_terminal else Console(width=_WIDE)


def _compared(trained: training.Trained) -> Table:
    from rich.table import Table  # noqa: PLC0415  # see above

    table = Table("", "今 / in use", "新 / new", "見ていない返信 / unseen (cross-validated)")
    for figure in FIGURES:
        table.add_row(figure, *(_cell(t["all"], figure) for t in (trained.in_use, trained.new, trained.unseen)))
    return table


def _change(change: training.Change) -> str:
    sign = "+" if change.better else "-" if change.worse else " "
    old, new = (f"{one.priority.value}{'' if one.understood else '?'}" for one in (change.old, change.new))
    return f"{sign} {change.row['id']} {change.row['text']!r}: {'|'.join(change.row['priority'])}; {old} → {new}"


def _print_tables(tallies: dict[str, Tally]) -> None:
    """A column for each language, as many beside each other as the terminal is wide; then a line for each red flag."""
    console = _console()
    flags = [name for name in tallies if name.startswith("+")]
    names = [name for name in tallies if name not in flags]
    names.sort(key=lambda name: (name != "all", -_count(tallies[name]), name))
    beside = max((console.width - _FIGURE) // _CELL, 2)
    for first in range(0, len(names), beside):
        console.print(_by_language({name: tallies[name] for name in names[first : first + beside]}))
    if flags:
        console.print(
            _by_flag({name: tallies[name] for name in sorted(flags, key=lambda name: -_count(tallies[name]))})
        )


def _by_language(tallies: dict[str, Tally]) -> Table:
    from rich.table import Table  # noqa: PLC0415  # other commands start faster without it

    table = Table("", *(f"{name} ({_count(tally)})" for name, tally in tallies.items()))
    for figure in FIGURES:
        table.add_row(figure, *(_cell(tally, figure) for tally in tallies.values()))
    return table


def _by_flag(tallies: dict[str, Tally]) -> Table:
    from rich.table import Table  # noqa: PLC0415  # see above

    figures = ("emergencies found", "emergencies passed over", "red flags claimed rightly")
    table = Table("赤旗 / red flag", *figures)
    for name, tally in tallies.items():
        table.add_row(name.removeprefix("+"), *(_cell(tally, figure) for figure in figures))
    return table


def _count(tally: Tally) -> int:
    return tally.counts["intent right"][1]


def _cell(tally: Tally, figure: str) -> str:
    share = tally.share(figure)
    hits, total = tally.counts[figure]
    return "–" if share is None else f"{share * 100:.1f} %  {hits}/{total}"
