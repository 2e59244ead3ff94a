"""The call list: whom to call, why, and what came of each call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from bot.domain.errors import InvalidInput, MimamoriError
from bot.escalations.desk import CALL_OUTCOMES
from bot.storage.accounts import names_by_login
from bot.storage.calls import attempts_of, call_list
from bot.storage.queue import recently_called
from bot.storage.timeline import office_call
from bot.web.console.access import Visit, told

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST = 200
"""Open calls on one page: high ones and long waiting ones come first."""
_LONGEST_NOTE = 300


async def show(visit: Visit) -> web.StreamResponse:
    """The list."""
    return await _page(visit)


async def made(visit: Visit) -> web.StreamResponse:
    """Write one call down; ``finished`` takes it off the list."""
    call_id = visit.number("id")
    async with visit.ports.database.read() as tx:
        call = await office_call(tx, call_id, visit.ports.office.code)
    if call is None:
        raise web.HTTPNotFound
    note = " ".join(visit.form.get("note", "").split())
    typed = {"id": str(call_id), "note": note, "outcome": visit.form.get("outcome", "")}
    finished = visit.form.get("finished") == "1"
    try:
        _check(call["state"], note)
        await visit.ports.desk.call_made(call_id, visit.who.login, typed["outcome"], note, finished=finished)
    except InvalidInput as error:
        return await _page(visit, error, typed)
    if finished:
        visit.say("good", "電話を記録し、リストから外しました。", "Noted; the call is off the list.")
    else:
        visit.say("good", "電話を記録しました。リストに残しています。", "Noted; the call stays on the list.")
    raise web.HTTPSeeOther("/console/calls")


def _check(state: str, note: str) -> None:
    if state != "open":
        raise InvalidInput("この電話はもう記録済みです。", "This call was finished already.")
    if len(note) > _LONGEST_NOTE:
        raise InvalidInput(
            f"メモは{_LONGEST_NOTE}文字までです。", f"A note has {_LONGEST_NOTE} characters at most.", field="note"
        )


async def _page(
    visit: Visit, error: MimamoriError | None = None, typed: Mapping[str, str] | None = None
) -> web.StreamResponse:
    office = visit.ports.office.code
    async with visit.ports.database.read() as tx:
        waiting = await call_list(tx, office, only_open=True)
        done = await recently_called(tx, office)
        shown = list(waiting)[:MOST]
        attempts: dict[int, list[Mapping[str, object]]] = {}
        for row in await attempts_of(tx, [call["id"] for call in (*shown, *done)]):
            attempts.setdefault(row["call_id"], []).append(dict(row))
        staff = await names_by_login(tx)
    return await visit.page(
        "calls.html", status=409 if error else 200, calls=shown, total=len(waiting), done=done, attempts=attempts,
        staff=staff, outcomes=CALL_OUTCOMES, error=told(error) if error else None, typed=typed or {},
        longest_note=_LONGEST_NOTE,
    )  # fmt: skip
