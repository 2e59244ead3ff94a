"""``mimamori gateway list``, ``check`` and ``status``."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from bot.domain.clock import SystemClock
from bot.domain.gateway import road_of
from bot.roads import show
from bot.roads.checking import about_all, about_budget, problems_of, warnings_of
from bot.roads.folder import find_accounts, one_account
from bot.storage.database import Database
from bot.storage.keys import Keyring
from bot.storage.migrate import migrate
from bot.storage.refused import refused_summary
from bot.storage.road_view import RoadView, road_views, waiting_texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bot.roads.folder import Found
    from bot.settings import Settings

_HOUR = timedelta(hours=1)


def list_accounts(settings: Settings, folder: Path | None) -> bool:
    """Tell of every account; whether all files could be read."""
    found, out = find_accounts(settings, folder), show.console()
    if not found:
        _say_empty(settings, folder)
    for part in show.accounts(found) if found else ():
        out.print(part)
    page = settings.sender_page or "https://(この施設のアドレス)/sender"
    typer.echo(f"\nSMSに入れる1行 / one line for texts: 差出人の確認: {page} または {settings.center_phone}")
    return not any(item.error for item in found)


async def check_accounts(settings: Settings, folder: Path | None, name: str | None) -> bool:
    """Check one account, or all of them and how they go together; whether all is well."""
    found = find_accounts(settings, folder)
    if name is not None:
        chosen = [item for item in found if name in {item.name, _road(item)}]
        if not chosen:
            one_account(settings, folder, name)  # says which there are
        return await _checked(chosen)
    if not found:
        _say_empty(settings, folder)
        return False
    together = about_all(found)
    well = await _checked(found)
    for ja, en in together:
        typer.echo(f"✘ {ja}\n  {en}")
    for ja, en in about_budget(settings.budget, found):
        typer.echo(f"⚠ 注意 {ja}\n⚠ Warning: {en}")
    return well and not together


def _say_empty(settings: Settings, folder: Path | None) -> None:
    typer.echo(
        f"{folder or settings.gateways} にはまだアカウントがありません。config/gateways の見本を写してください。\n"
        "There is no account yet. Copy an example of config/gateways there and change it."
    )


def _road(found: Found) -> str:
    return road_of(found.gateway) if found.gateway is not None else ""


async def _checked(found: Sequence[Found]) -> bool:
    """Say what is wrong with each; whether nothing is."""
    results = await asyncio.gather(*(problems_of(item) for item in found))
    for item, problems in zip(found, results, strict=True):
        typer.echo(f"{'✘' if problems else '✔'} {_road(item) or item.name}" + ("" if problems else " 問題なし / OK"))
        for ja, en in problems:
            typer.echo(f"    {ja}\n    {en}")
        for ja, en in warnings_of(item):
            typer.echo(f"    ⚠ 注意 {ja}\n    ⚠ Warning: {en}")
    return not any(results)


async def tell_status(settings: Settings, folder: Path | None) -> None:
    """How each road does, by the installation's database."""
    found, out, now = find_accounts(settings, folder), show.console(), SystemClock().now()
    database = Database(settings.database, Keyring.load_or_create(settings.keys))
    try:
        await migrate(database)
        async with database.read() as tx:
            known = await road_views(tx, now - _HOUR)
            queue, held = await waiting_texts(tx, now), await refused_summary(tx)
    finally:
        await database.close()
    roads = [_road(item) for item in found if item.gateway is not None]
    views = [known.get(road, RoadView(road, "unused")) for road in roads]
    views += [view for road, view in known.items() if road not in roads]
    zone = ZoneInfo(settings.timezone)
    told = {_road(item): await item.gateway.troubles() for item in found if item.gateway is not None}
    for part in (
        show.states(views, zone),
        show.troubles(told),
        show.faults(views),
        show.waiting(queue),
        show.held(held, zone),
    ):
        if part is not None:
            out.print(part)
