"""``mimamori triage``: how a reply is read, and how well labelled replies are read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from bot.domain.errors import InvalidInput
from bot.domain.reading import Context
from bot.reading import jsonl as lines
from bot.reading.evaluate import FIGURES, Tally, evaluate, read_labelled
from bot.reading.explain import explain
from bot.reading.reader import Reader
from bot.settings import shipped

if TYPE_CHECKING:
    from rich.table import Table

_READ = "read"


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
    from rich.console import Console  # noqa: PLC0415  # other commands start faster without it

    tallies = evaluate(_labelled(file), _reader(conversations))
    console = Console()
    console.print(_table(tallies))
    for want, got in tallies["all"].mistakes if mistakes else ():
        right = f"{'|'.join(want['intent'])} {'|'.join(want['priority'])}"
        typer.echo(f"{want['id']} [{want['context']}] {want['text']!r}: {right} → {got['intent']} {got['priority']}")


def _reader(conversations: Path | None) -> Reader:
    return Reader.load((conversations or shipped("conversations")) / "reading")


def _labelled(file: Path) -> list[dict[str, object]]:
    try:
        with file.open(encoding="utf-8") as opened:
            return [dict(row) for row in read_labelled(opened, file.name)]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} を読めません: {error}", f"Cannot read {file}: {error}", field="file") from None


def _table(tallies: dict[str, Tally]) -> Table:
    from rich.table import Table  # noqa: PLC0415  # see above

    names = sorted(tallies, key=lambda name: (name != "all", -tallies[name].counts["intent right"][1], name))
    table = Table("", *(f"{name} ({tallies[name].counts['intent right'][1]})" for name in names))
    for figure in FIGURES:
        table.add_row(figure, *(_cell(tallies[name], figure) for name in names))
    return table


def _cell(tally: Tally, figure: str) -> str:
    share = tally.share(figure)
    hits, total = tally.counts[figure]
    return "–" if share is None else f"{share * 100:.1f} %  {hits}/{total}"
