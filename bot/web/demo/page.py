"""``GET /demo/``: the page with simulated phones; all it knows it fetches from the demo's API."""

from __future__ import annotations

import functools
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from bot.domain.states import Language
from bot.storage.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from bot.web.console.dossier import symptom_words
from bot.web.console.pages import asset, digest
from bot.web.console.ports import PORTS, ConsolePorts
from bot.web.console.words import words_of

HERE = Path(__file__).parent
STATIC = HERE / "static"
_FOR_A_YEAR = "public, max-age=31536000, immutable"
_WORDS = ("control", "step", "consent", "case", "priority", "reason", "call", "text_state")
"""Groups of codes that the page shows in words."""


def setup(app: web.Application) -> None:
    """Add the page and its static files; it shows the console's center and programs."""
    app.router.add_get("/demo", _to_page)
    app.router.add_get("/demo/", _page)
    app.router.add_get("/demo/static/{name}", _static)


@functools.cache
def _template() -> Template:
    env = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined)
    env.globals.update(asset=asset, own=_own)
    return env.get_template("phones.html")


def _html(ports: ConsolePorts) -> str:
    library = ports.library
    words = {group: _japanese(group) for group in _WORDS} | {"symptom": dict(symptom_words(library))}
    programs = [library.current(name).script.program for name in library.programs()]
    programs.sort(key=lambda program: program.valid_until is not None)  # those that have ended come last
    titles = [(program.name, program.title["ja"]) for program in programs]
    return _template().render(
        accounts=DEMO_ACCOUNTS, password=DEMO_PASSWORD, languages=list(Language), words=words, programs=titles,
        center=ports.office, roles=_japanese("role"), language_words=_japanese("language"),
    )  # fmt: skip


def _japanese(group: str) -> dict[str, str]:
    return {code: word.ja for code, word in words_of(group).items()}


def _own(name: str) -> str:
    return f"/demo/static/{name}?v={digest(STATIC / name)}"


async def _to_page(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPMovedPermanently("/demo/")


async def _page(request: web.Request) -> web.StreamResponse:
    return web.Response(text=_html(request.app[PORTS]), content_type="text/html")


async def _static(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in {path.name for path in STATIC.iterdir() if path.is_file()}:
        raise web.HTTPNotFound
    headers = {"Cache-Control": _FOR_A_YEAR if "v" in request.query else "no-cache"}
    return web.FileResponse(STATIC / name, headers=headers)
