"""Which address leads where, and who may go there."""

from __future__ import annotations

from aiohttp import web

from bot.storage.accounts import Role
from bot.web.console import calls, corrections, evidence, find, handoff, programs, queue, replies, staff
from bot.web.console.access import Guard, Once
from bot.web.console.conversation import ConversationViews
from bot.web.console.enrol import EnrolViews
from bot.web.console.errors import error_pages
from bot.web.console.login import LoginViews
from bot.web.console.pages import STATIC, STATIC_URL
from bot.web.console.ports import PORTS, ConsolePorts
from bot.web.console.roads import RoadViews
from bot.web.console.throttle import LoginThrottle
from bot.web.session import setup_security_headers, setup_sessions

_ID = r"{id:\d+}"
_FOR_A_YEAR = "public, max-age=31536000, immutable"


def setup(app: web.Application, ports: ConsolePorts) -> None:
    """Add the console's routes, its error pages, sessions, and the security headers of the whole application."""
    app[PORTS] = ports
    app.middlewares.append(error_pages)
    setup_sessions(app, ports.session_key, secure=ports.secure_cookies)
    setup_security_headers(app, secure=ports.secure_cookies)
    guard, once = Guard(ports), Once()
    app.router.add_get("/console", _to_console)
    app.router.add_get(STATIC_URL + "/{name}", static_files)
    _add_login(app, guard, ports)
    _add_conversations(app, guard, once)
    _add_lists(app, guard, once)
    _add_hand_offs(app, guard)
    _add_roads(app, guard, once)


def _add_login(app: web.Application, guard: Guard, ports: ConsolePorts) -> None:
    views = LoginViews(guard, LoginThrottle(ports.clock))
    app.router.add_get("/console/login", guard.anyone(views.form))
    app.router.add_post("/console/login", guard.anyone(views.sign_in))
    app.router.add_post("/console/logout", guard.anyone(views.sign_out))


def _add_conversations(app: web.Application, guard: Guard, once: Once) -> None:
    views = ConversationViews(once)
    at = f"/console/conversations/{_ID}"
    app.router.add_get(at, guard.only(Role.STAFF, views.show))
    app.router.add_get(f"{at}/live", guard.only(Role.STAFF, views.live))
    app.router.add_post(f"{at}/take-over", guard.only(Role.STAFF, views.take_over))
    app.router.add_post(f"{at}/reply", guard.only(Role.STAFF, views.reply))
    app.router.add_post(f"{at}/send-again", guard.only(Role.STAFF, views.send_again))
    app.router.add_post(f"{at}/hand-back", guard.only(Role.STAFF, views.hand_back))
    app.router.add_post(f"{at}/confirm-release", guard.only(Role.STAFF, views.confirm_release))
    app.router.add_post(f"{at}/confirm-number", guard.only(Role.STAFF, views.confirm_number))
    app.router.add_post(f"{at}/close", guard.only(Role.STAFF, views.close))
    app.router.add_get(f"{at}/evidence", guard.only(Role.STAFF, evidence.show))
    app.router.add_get(f"{at}/evidence.pdf", guard.only(Role.STAFF, evidence.pdf))
    reply = at + r"/replies/{reply:\d+}"
    app.router.add_get(reply, guard.only(Role.STAFF, replies.show))
    app.router.add_get(f"{reply}/again", guard.only(Role.MANAGER, replies.again))
    app.router.add_post(f"{reply}/mark", guard.only(Role.STAFF, replies.mark))
    app.router.add_post(f"{reply}/unmark", guard.only(Role.STAFF, replies.unmark))


def _add_lists(app: web.Application, guard: Guard, once: Once) -> None:
    views = EnrolViews(once)
    app.router.add_get("/console/", guard.only(Role.STAFF, queue.show))
    app.router.add_get("/console/live", guard.only(Role.STAFF, queue.live))
    app.router.add_post("/console/find", guard.only(Role.STAFF, find.find))
    app.router.add_get("/console/calls", guard.only(Role.STAFF, calls.show))
    app.router.add_post(f"/console/calls/{_ID}", guard.only(Role.STAFF, calls.made))
    app.router.add_get("/console/enrol", guard.only(Role.STAFF, views.form))
    app.router.add_post("/console/enrol", guard.only(Role.STAFF, views.enrol))
    app.router.add_get("/console/scripts", guard.only(Role.MANAGER, programs.show))
    at = f"/console/corrections/{_ID}"
    app.router.add_get("/console/corrections", guard.only(Role.MANAGER, corrections.show))
    app.router.add_get(at, guard.only(Role.MANAGER, corrections.one))
    app.router.add_post(f"{at}/accept", guard.only(Role.MANAGER, corrections.accept))
    app.router.add_post(f"{at}/decline", guard.only(Role.MANAGER, corrections.decline))
    app.router.add_post(f"{at}/reopen", guard.only(Role.MANAGER, corrections.reopen))
    app.router.add_get("/console/accounts", guard.only(Role.ADMIN, staff.show))
    app.router.add_post("/console/accounts", guard.only(Role.ADMIN, staff.add))
    app.router.add_post(f"/console/accounts/{_ID}", guard.only(Role.ADMIN, staff.change))


def _add_hand_offs(app: web.Application, guard: Guard) -> None:
    at = "/console/handoff/{account}"
    app.router.add_get("/console/handoff", guard.only(Role.STAFF, handoff.show))
    app.router.add_post(f"{at}/files", guard.only(Role.STAFF, handoff.make))
    app.router.add_get(at + "/files/{file}", guard.only(Role.STAFF, handoff.download))
    app.router.add_post(at + "/files/{file}/carried", guard.only(Role.STAFF, handoff.carried))
    app.router.add_post(f"{at}/look", guard.upload(Role.STAFF, handoff.look))
    app.router.add_post(f"{at}/take", guard.only(Role.STAFF, handoff.take))
    app.router.add_get(at + "/reports/{file}", guard.only(Role.STAFF, handoff.report))


def _add_roads(app: web.Application, guard: Guard, once: Once) -> None:
    views = RoadViews(once)
    app.router.add_get("/console/roads", guard.only(Role.MANAGER, views.show))
    app.router.add_get("/console/roads/live", guard.only(Role.MANAGER, views.live))
    app.router.add_post("/console/roads/release", guard.only(Role.MANAGER, views.release_all))
    app.router.add_post("/console/roads/lift", guard.only(Role.MANAGER, views.lift))
    at = f"/console/roads/refused/{_ID}"
    app.router.add_get(at, guard.only(Role.MANAGER, views.refused))
    app.router.add_post(f"{at}/release", guard.only(Role.MANAGER, views.release))
    app.router.add_post(f"{at}/drop", guard.only(Role.MANAGER, views.drop))


async def _to_console(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPMovedPermanently("/console/")


async def static_files(request: web.Request) -> web.StreamResponse:
    """One file of the console's static folder; its address carries its digest, so it may be kept."""
    name = request.match_info["name"]
    if name not in {path.name for path in STATIC.iterdir() if path.is_file()}:
        raise web.HTTPNotFound
    headers = {"Cache-Control": _FOR_A_YEAR if "v" in request.query else "no-cache"}
    return web.FileResponse(STATIC / name, headers=headers)
