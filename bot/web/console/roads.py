"""For managers and operators: how each road does, what the day costs, and requests that were not believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.domain.errors import InvalidInput, MimamoriError, NotFound, Refused
from bot.domain.gateway import NotActed, RefusedRequest, road_of
from bot.gateways.hidden_secrets import secrets_of, without_keys, without_secrets
from bot.storage.accounts import names_by_login
from bot.storage.audit import note_action
from bot.storage.road_view import RoadView, road_views, waiting_texts
from bot.web.console.access import Once, Visit, told
from bot.web.console.road_alarms import budget_level

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.gateway import Parsed, Trouble, WebRequest
    from bot.gateways.base import BaseGateway
    from bot.storage.refused import Contents

_HERE = "/console/roads"
_HOUR = timedelta(hours=1)
_MOST = 50
"""Held requests on the page, the latest first."""
_FEW = 5
_MOST_TROUBLES = 10
_DECIDED = ("released", "forced", "dropped", "came")
_LONGEST_BODY = 20_000
_DONE_TWICE = ("この操作はもう済んでいます。", "This was done already.")
_NOT_LOOKED = InvalidInput("中身を確かめて、印を付けてください。", "Look at it, and tick the box.", field="sure")


@dataclass(frozen=True, slots=True)
class Road:
    """One account with how its road does."""

    gateway: BaseGateway[Any]
    view: RoadView
    troubles: list[Trouble]

    @property
    def name(self) -> str:
        return self.view.road


class RoadViews:
    """What cannot be taken back is confirmed first."""

    def __init__(self, once: Once) -> None:
        self._once = once

    async def show(self, visit: Visit) -> web.StreamResponse:
        """The page."""
        return await visit.page("roads.html", **await _values(visit))

    async def live(self, visit: Visit) -> web.StreamResponse:
        """What changes on it."""
        return visit.fragment("roads_live.html", **await _values(visit))

    async def refused(self, visit: Visit) -> web.StreamResponse:
        """One request with its contents, and whether it is believed now; that it was opened is noted."""
        return await _request_page(visit)

    async def release(self, visit: Visit) -> web.StreamResponse:
        """Take what the request brings; ``force`` without verifying it, where a person vouches for it."""
        force = visit.form.get("force") == "1"
        if force and "sure" not in visit.form:
            return await _request_page(visit, _NOT_LOOKED)
        try:
            taken = await visit.ports.roads.quarantine.release(visit.number("id"), visit.who.login, force=force)
        except (RefusedRequest, InvalidInput, NotActed, Refused, NotFound) as error:
            return await _request_page(visit, error)
        await _note(visit, "refused_released")
        how, how_en = ("確かめずに受け取りました", "Taken without verifying") if force else ("受け取りました", "Taken")
        done = f"{how}(返信{taken.texts}件、配信結果{taken.receipts}件)。"
        visit.say("good", done, f"{how_en}: {taken.texts} texts, {taken.receipts} receipts.")
        raise web.HTTPSeeOther(_HERE)

    async def drop(self, visit: Visit) -> web.StreamResponse:
        """Nothing in it is wanted."""
        if "sure" not in visit.form:
            return await _request_page(visit, _NOT_LOOKED)
        try:
            await visit.ports.roads.quarantine.drop(visit.number("id"), visit.who.login)
        except Refused as error:
            return await _request_page(visit, error)
        await _note(visit, "refused_dropped")
        visit.say("good", "不要にしました。", "Dropped.")
        raise web.HTTPSeeOther(_HERE)

    async def release_all(self, visit: Visit) -> web.StreamResponse:
        """Take all of an account's requests that are believed now."""
        kind, account = visit.form.get("kind", ""), visit.form.get("account", "")
        released, left = await visit.ports.roads.quarantine.release_all(kind, account, visit.who.login)
        await _note(visit, "refused_released")
        visit.say(
            "good" if released or not left else "bad",
            f"{released}件を受け取りました。{left}件は、まだ確かめられません。",
            f"{released} taken; {left} are still not believed.",
        )
        raise web.HTTPSeeOther(_HERE)

    async def lift(self, visit: Visit) -> web.StreamResponse:
        """Let today's texts go whatever they cost, once that was confirmed."""
        if "confirmed" not in visit.form:
            async with visit.ports.database.read() as tx:
                level, costs = await budget_level(tx, visit.ports, visit.now)
                queue = await waiting_texts(tx, visit.now)
            limits = visit.ports.roads.limits
            return await visit.page(
                "roads_lift.html", level=level, costs=costs, queue=queue, budget=limits.budget, once=Once.token()
            )
        if not self._once.use(visit.form.get("once", "")):
            visit.say("bad", *_DONE_TWICE)
            raise web.HTTPSeeOther(_HERE)
        day = visit.ports.roads.limits.day(visit.now)
        await visit.ports.desk.lift_budget(visit.ports.office.code, day, visit.who.login)
        visit.say(
            "good", "きょうの上限を外しました。待っていたSMSを送ります。", "Today's limit is lifted; waiting texts go."
        )
        raise web.HTTPSeeOther(_HERE)


async def _values(visit: Visit) -> dict[str, Any]:
    ports = visit.ports
    async with ports.database.read() as tx:
        known = await road_views(tx, visit.now - _HOUR)
        queue = await waiting_texts(tx, visit.now)
        level, costs = await budget_level(tx, ports, visit.now)
        staff = await names_by_login(tx)
    gateways = {road_of(gateway): gateway for gateway in ports.gateways()}
    ordered = sorted(gateways, key=lambda road: (gateways[road].mine.order, road))
    quarantine = ports.roads.quarantine
    return {
        "roads": [
            Road(gateways[road], known.get(road, RoadView(road, "unused")), await gateways[road].troubles())
            for road in ordered
        ],
        "most_troubles": _MOST_TROUBLES,
        "gone": [view for road, view in known.items() if road not in gateways],
        "queue": queue, "level": level, "costs": costs, "budget": ports.roads.limits.budget, "staff": staff,
        "summaries": await quarantine.summary(), "held": await quarantine.list(limit=_MOST),
        "decided": [item for state in _DECIDED for item in await quarantine.list(state=state, limit=_FEW)],
        "most": _MOST, "only_sandbox": all(gateway.name == "sandbox" for gateway in gateways.values()),
    }  # fmt: skip


async def _request_page(visit: Visit, error: MimamoriError | None = None) -> web.StreamResponse:
    found, contents = await visit.ports.roads.quarantine.show(visit.number("id"))
    await _note(visit, "refused_viewed")
    gateways = {(gateway.name, gateway.account): gateway for gateway in visit.ports.gateways()}
    gateway = gateways.get((found.gateway, found.account))
    parsed, doubt = await _now(gateway, found.at, contents) if gateway else (None, _GONE)
    async with visit.ports.database.read() as tx:
        staff = await names_by_login(tx)
    return await visit.page(
        "refused.html", status=409 if error else 200, found=found, request=contents.request, texts=contents.texts,
        shown=_shown(contents.request, list(secrets_of(gateway.mine)) if gateway else []), parsed=parsed, doubt=doubt,
        error=told(error) if error else None, staff=staff,
    )  # fmt: skip


def _shown(request: WebRequest, secrets: Sequence[str]) -> str:
    """The request as it came but for keys: who may look at texts need not know them."""
    url = without_keys(without_secrets(request.url, secrets))
    body = without_keys(without_secrets(request.body.decode("utf-8", "replace"), secrets))
    return f"{request.method} {url}\n\n{body[:_LONGEST_BODY]}"


_GONE = NotFound("このアカウントは、いまは設定されていません。", "This account is not configured now.")


async def _now(
    gateway: BaseGateway[Any],
    at: datetime,
    contents: Contents,
) -> tuple[Parsed | None, MimamoriError | None]:
    """What the request would bring by today's settings, or why it would not be taken."""
    if not contents.request.method:
        return None, None
    doubt: MimamoriError | None = None
    try:
        await gateway.verify(contents.request, at)
    except MimamoriError as error:
        doubt = error
    try:
        return await gateway.parse(contents.request), doubt
    except MimamoriError as error:
        return None, doubt or error


async def _note(visit: Visit, action: str) -> None:
    async with visit.ports.database.write() as tx:
        await note_action(tx, visit.who.login, action, None, visit.now)
