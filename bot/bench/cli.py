"""``mimamori bench``: figures as JSON on standard output."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from bot.bench.progress import progress
from bot.settings import shipped

app = typer.Typer(help="この機械の速さを測る / Measure this machine (JSON)", invoke_without_command=True)


@app.callback()
def everything(context: typer.Context) -> None:
    """Without a subcommand: all of them."""
    if context.invoked_subcommand is None:
        turns()
        reading()
        scale()


@app.command()
def turns(
    residents: Annotated[int, typer.Option(min=10, help="住民の数 / Residents")] = 500,
    seconds: Annotated[int, typer.Option(min=1, help="毎秒20通で何秒 / Seconds at 20 texts a second")] = 15,
) -> None:
    """1秒あたりの会話のやりとり / Turns a second, delays, start-up, memory."""
    from bot.bench.turns import measure_turns  # noqa: PLC0415  # the server's modules load only when measured

    with progress() as told:
        figures = asyncio.run(measure_turns(residents, seconds, told))
    typer.echo(json.dumps({"turns": figures}, indent=2))


@app.command()
def reading(
    conversations: Annotated[
        Path | None,
        typer.Option(envvar="MIMAMORI_CONVERSATIONS", help="会話のフォルダ / The conversations folder"),
    ] = None,
) -> None:
    """返信を読む速さ / Readings a second on one core, long texts, loading, memory."""
    from bot.bench.reading import measure_reading  # noqa: PLC0415  # see above

    with progress() as told:
        figures = measure_reading((conversations or shipped("conversations")) / "reading", told)
    typer.echo(json.dumps({"reading": figures}, indent=2))


def soak(
    minutes: Annotated[float, typer.Option(min=0.1, help="何分つづけるか / For how many minutes")] = 10.0,
    residents: Annotated[int, typer.Option(min=1, help="住民の数 / Residents")] = 200,
    seed: Annotated[int, typer.Option(help="乱数の種 / Seed of the random moments")] = 1,
) -> None:
    """何度も落とし、失われた・重なったSMSを数える / Kill it again and again; count lost and doubled texts."""
    from bot.bench.soak import run_soak  # noqa: PLC0415  # see above

    with progress() as told:
        figures = asyncio.run(run_soak(minutes * 60, residents, seed, told))
    typer.echo(json.dumps({"soak": figures}, indent=2))
    if figures["lost"] or figures["doubled"] or figures["answers_missing"]:
        raise typer.Exit(1)


@app.command()
def scale(
    few: Annotated[int, typer.Option(min=100, help="少ない住民 / Few residents")] = 100,
    many: Annotated[int, typer.Option(min=1000, help="多い住民 / Many residents")] = 100_000,
) -> None:
    """住民が増えても同じか / One reply's cost with few and many residents."""
    from bot.bench.scale import measure_scale  # noqa: PLC0415  # see above

    with progress() as told:
        figures = asyncio.run(measure_scale(few, many, told))
    typer.echo(json.dumps({"scale": figures}, indent=2))
