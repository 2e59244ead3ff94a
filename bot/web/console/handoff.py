"""The CSV hand-off for staff: files to carry to the vendor's screen, and exports that they bring back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web

from bot.domain.errors import InvalidInput, MimamoriError
from bot.gateways.csvfolder import CsvfolderGateway
from bot.gateways.csvfolder_sign import SUFFIX
from bot.storage.audit import note_action
from bot.web.console.access import Visit, told
from bot.web.console.upload import read_upload

if TYPE_CHECKING:
    from collections.abc import Mapping

_FAULTS_SHOWN = 50
_FILES_SHOWN = 60
_WAIT_SECONDS = 5.0
_LOOK_SECONDS = 0.1


async def show(visit: Visit) -> web.StreamResponse:
    """Each folder: what waits, what was made, what was taken."""
    return await _page(visit)


async def make(visit: Visit) -> web.StreamResponse:
    """Make the file of all that waits, now."""
    made = await _hand_off(visit).make_files(at_once=True)
    if made:
        await _note(visit, "handoff_made")
        visit.say("good", f"ファイルを{len(made)}個作りました。", f"{len(made)} file(s) made.")
    else:
        visit.say("good", "ファイルにするSMSはありません。", "There are no texts to write.")
    raise web.HTTPSeeOther("/console/handoff")


async def download(visit: Visit) -> web.StreamResponse:
    """A file, or its manifest; it holds numbers and texts, so that it was fetched is noted."""
    name = visit.request.match_info["file"]
    batch_id = name.removesuffix(SUFFIX).removesuffix(".csv")
    file, data, manifest = await asyncio.to_thread(_hand_off(visit).spool.data, batch_id)
    if name == file + SUFFIX:
        return _attachment(file + SUFFIX, manifest, "application/json")
    if name != file:
        raise web.HTTPNotFound
    await _note(visit, "handoff_downloaded")
    return _attachment(file, data, "text/csv")


async def carried(visit: Visit) -> web.StreamResponse:
    """A person has given the file to the vendor."""
    gateway, batch_id = _hand_off(visit), visit.request.match_info["file"]
    await asyncio.to_thread(gateway.spool.mark_carried, batch_id, visit.who.login, visit.now)
    await _note(visit, "handoff_carried")
    visit.say("good", "運んだことを記録しました。", "Noted as carried.")
    raise web.HTTPSeeOther("/console/handoff")


async def look(visit: Visit) -> web.StreamResponse:
    """What an uploaded export would do; nothing is taken yet."""
    gateway = _hand_off(visit)
    upload = await read_upload(visit, "file", gateway.mine.most_megabytes * 1_000_000)
    if not upload.name:
        return await _page(visit, InvalidInput("ファイルを選んでください。", "Choose a file."), gateway.account)
    try:
        preview = await asyncio.to_thread(gateway.inbox.preview, upload.data)
    except InvalidInput as error:
        return await _page(visit, error, gateway.account)
    token = await asyncio.to_thread(gateway.inbox.hold, upload.name, upload.data, visit.now)
    return await visit.page(
        "handoff_confirm.html", road=gateway.account, file=upload.name, preview=preview, token=token,
        faults=preview.faults[:_FAULTS_SHOWN],
    )  # fmt: skip


async def take(visit: Visit) -> web.StreamResponse:
    """Take what was looked at, once; the running role does so within seconds."""
    gateway, wanted = _hand_off(visit), visit.form.get("confirmed") == "1"
    name = await asyncio.to_thread(gateway.inbox.release, visit.form.get("token", ""), take=wanted)
    if name is None:
        visit.say("bad", "このファイルはもう取り込んだか、時間がたちました。", "Taken already, or it is too late.")
    elif wanted:
        await _note(visit, "handoff_taken")
        await _settled(gateway, name)
        if name in await asyncio.to_thread(gateway.inbox.waiting):
            visit.say("good", "まもなく取り込みます。少し待って開き直してください。", "It will be taken in a moment.")
        else:
            visit.say("good", "取り込みました。結果は下の一覧にあります。", "Taken: see the list below.")
    raise web.HTTPSeeOther("/console/handoff")


async def report(visit: Visit) -> web.StreamResponse:
    """The report of a file that was dealt with: line numbers and reasons."""
    name = visit.request.match_info["file"]
    found = await asyncio.to_thread(_hand_off(visit).inbox.report, name)
    if found is None:
        raise web.HTTPNotFound
    return _attachment(f"{name}.report.txt", found, "text/plain")


async def _settled(gateway: CsvfolderGateway, name: str) -> None:
    """Give the role a moment, so that the page that follows shows what came of it."""
    for _ in range(int(_WAIT_SECONDS / _LOOK_SECONDS)):
        if name not in await asyncio.to_thread(gateway.inbox.waiting):
            return
        await asyncio.sleep(_LOOK_SECONDS)


def _hand_offs(visit: Visit) -> dict[str, CsvfolderGateway]:
    return {gateway.account: gateway for gateway in visit.ports.gateways() if isinstance(gateway, CsvfolderGateway)}


def _hand_off(visit: Visit) -> CsvfolderGateway:
    found = _hand_offs(visit).get(visit.request.match_info["account"])
    if found is None:
        raise web.HTTPNotFound
    return found


def _attachment(name: str, data: bytes, content_type: str) -> web.Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return web.Response(body=data, content_type=content_type, headers=headers)


async def _note(visit: Visit, action: str) -> None:
    async with visit.ports.database.write() as tx:
        await note_action(tx, visit.who.login, action, None, visit.now)


async def _page(visit: Visit, error: MimamoriError | None = None, account: str = "") -> web.StreamResponse:
    folders = [await asyncio.to_thread(_folder, gateway) for gateway in _hand_offs(visit).values()]
    return await visit.page(
        "handoff.html", status=409 if error else 200, folders=folders, error=told(error) if error else None,
        wrong=account, suffix=SUFFIX,
    )  # fmt: skip


def _folder(gateway: CsvfolderGateway) -> Mapping[str, object]:
    spool, inbox = gateway.spool, gateway.inbox
    return {
        "account": gateway.account, "waiting": spool.waiting(), "minutes": gateway.mine.every_minutes,
        "at": gateway.mine.at, "files": spool.batches(_FILES_SHOWN), "incoming": inbox.waiting(),
        "taken": inbox.taken(), "public_key": gateway.signer.public_key,
    }  # fmt: skip
