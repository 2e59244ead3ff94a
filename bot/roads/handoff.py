"""``mimamori gateway take`` and ``check-file``: exports of the CSV hand-off come in, files that go out are checked."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from bot.domain.clock import SystemClock
from bot.domain.errors import InvalidInput, StorageUnusable
from bot.gateways.csvfolder import hand_off
from bot.gateways.csvfolder_sign import check_public, manifest_of, read_manifest
from bot.inbox.intake import Intake
from bot.roads.folder import one_account
from bot.storage.bells import Bells
from bot.storage.database import Database
from bot.storage.folder import only_process
from bot.storage.keys import Keyring
from bot.storage.migrate import migrate
from bot.web.webhook.reception import Reception

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.gateway import Parsed
    from bot.gateways.csvfolder import CsvfolderGateway
    from bot.gateways.csvfolder_inbox import Preview, Taken
    from bot.settings import Settings

_FAULTS_SHOWN = 20
_LOOK_SECONDS = 0.2
_WAIT_SECONDS = 30


async def take_file(settings: Settings, folder: Path | None, account: str, file: Path, *, sure: bool) -> bool:
    """Show what taking an export would do, ask, and take it; whether it was taken.

    Where ``mimamori serve`` runs on the same folder, it takes the file; else it is taken here.
    """
    gateway = hand_off(one_account(settings, folder, account))
    data = await asyncio.to_thread(_read, file)
    _tell_preview(gateway.inbox.preview(data))
    if not sure and not typer.confirm("取り込みますか / Take it?"):
        return False
    name = await asyncio.to_thread(gateway.inbox.give, file.name, data)
    await _take_here(settings, gateway)
    taken = await _wait_for(gateway, name)
    if taken is None:
        typer.echo("置きました。mimamori serve が取り込みます。 / It is laid down; mimamori serve will take it.")
        return True
    _tell_taken(taken, gateway.inbox.refused if taken.refused[0] else gateway.inbox.done)
    return not taken.refused[0]


def check_file(settings: Settings, folder: Path | None, file: Path, public_key: str) -> bool:
    """Tell whether a file is as it was made; with ``public_key`` no settings are needed. Raises InvalidInput if not."""
    data, manifest = _read(file), _read(manifest_of(file))
    if public_key:
        facts = check_public(data, manifest, public_key)
    else:
        wanted = str(read_manifest(manifest).get("account", ""))
        facts = hand_off(one_account(settings, folder, wanted)).signer.check(data, manifest)
    made_at = datetime.fromisoformat(facts["made_at"]).isoformat(timespec="seconds")
    typer.echo(
        f"正しいファイルです。{facts['rows']}行、{made_at} に作成、アカウント {facts['account']}\n"
        f"The file is as it was made: {facts['rows']} rows, {made_at}, account {facts['account']}"
    )
    if facts["file"] != file.name:
        typer.echo(f"名前は変わっています(はじめは {facts['file']}) / It was called {facts['file']}")
    return True


async def _take_here(settings: Settings, gateway: CsvfolderGateway) -> None:
    """Take what is ready, unless the program that runs on these data does so."""
    with contextlib.ExitStack() as stack:
        database = Database(settings.database, Keyring.load_or_create(settings.keys))
        try:
            if not database.is_postgres:
                stack.enter_context(only_process(settings.data_dir))
            await migrate(database)
            clock, bells = SystemClock(), Bells()
            reception = Reception(Intake(database, settings.office, clock, bells), database, clock, bells)

            async def deliver(parsed: Parsed) -> None:
                await reception.take(gateway, parsed, known_too=False)

            await gateway.take_exports(deliver)
        except StorageUnusable:
            return
        finally:
            await database.close()


async def _wait_for(gateway: CsvfolderGateway, name: str) -> Taken | None:
    for _ in range(int(_WAIT_SECONDS / _LOOK_SECONDS)):
        if name not in await asyncio.to_thread(gateway.inbox.waiting):
            found = await asyncio.to_thread(gateway.inbox.taken)
            return next((taken for taken in found if taken.file == name), None)
        await asyncio.sleep(_LOOK_SECONDS)
    return None


def _tell_preview(look: Preview) -> None:
    typer.echo(
        f"結果 results {look.results}、返信 replies {look.replies}({look.encoding})\n"
        f"  新しい行 new {look.new}、取り込み済みの行 known {look.known}、"
        f"読めない・一部だけの行 at fault {len(look.faults)}"
    )
    for fault in look.faults[:_FAULTS_SHOWN]:
        typer.echo(f"  {fault.line}行目 line {fault.line}: {fault.ja} / {fault.en}")
    if len(look.faults) > _FAULTS_SHOWN:
        typer.echo(f"  ほか {len(look.faults) - _FAULTS_SHOWN}行 / and more")
    for word, number in look.unknown:
        typer.echo(
            f"  設定 states にない語「{word}」{number}行は「不明」です / {word} is not in states: unknown ({number})"
        )


def _tell_taken(taken: Taken, folder: Path) -> None:
    if taken.refused[0]:
        typer.echo(f"取り込みませんでした: {taken.refused[0]}\nNot taken: {taken.refused[1]}")
    else:
        typer.echo(
            f"取り込みました: 結果 {taken.results}、返信 {taken.replies}(うち取り込み済み {taken.known})\n"
            f"Taken: {taken.results} results, {taken.replies} replies ({taken.known} of them known)"
        )
    typer.echo(f"報告 report: {folder}")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"{file} を読めません({error.strerror})。", f"Cannot read {file} ({error.strerror}).", field="file"
        ) from None
