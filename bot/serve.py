"""``mimamori serve``: an installation with its own settings."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from aiohttp import web

from bot.domain.clock import SystemClock
from bot.domain.errors import SettingsError
from bot.service import Service, build, limits_of, opened, running
from bot.storage.clock import DatabaseClock
from bot.storage.database import Database
from bot.storage.folder import only_process
from bot.storage.keys import Keyring
from bot.storage.migrate import migrate
from bot.web import console, public
from bot.web.console import ConsolePorts, RoadPorts
from bot.web.public import PublicPorts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.clock import Clock
    from bot.settings import Settings


async def run_server(settings: Settings, *, ready: Callable[[str, bool], None]) -> None:
    """Serve until the task is cancelled; ``ready`` is told the address, and whether any road can send."""
    if not settings.carrier_url and settings.gateways is None:
        raise SettingsError(
            "設定 gateways(MIMAMORI_GATEWAYS)か、試験なら carrier_url(MIMAMORI_CARRIER_URL)が必要です。",
            "Setting gateways (MIMAMORI_GATEWAYS) is needed, or carrier_url (MIMAMORI_CARRIER_URL) to try things out.",
            field="gateways",
        )
    with contextlib.ExitStack() as stack:
        if settings.database.startswith("sqlite"):
            stack.enter_context(only_process(settings.data_dir))
        async with opened(build(settings, _clock(settings))) as service:
            await _serve(service, ready)


async def _serve(service: Service, ready: Callable[[str, bool], None]) -> None:
    settings = service.settings
    console.setup(service.app, ConsolePorts(
        service.database, service.desk, service.roster, service.library, settings.office, service.clock,
        demo=False, session_key=service.database.keyring.session_key, secure_cookies=settings.secure_cookies,
        corrections=service.corrections, reloads=lambda: service.reloaded, gateways=service.gateways.values,
        roads=RoadPorts(service.router, service.quarantine, limits_of(service.settings)),
    ))  # fmt: skip
    public.setup(service.app, PublicPorts([settings.office], service.gateways.values))
    runner = web.AppRunner(service.app, access_log=None)  # an access log would hold addresses of residents
    await runner.setup()
    try:
        async with running(service):
            await _listen(runner, settings.host, settings.port)
            can_send = any(gateway.abilities.sends for gateway in service.gateways.values())
            ready(f"http://{settings.host}:{settings.port}", can_send)
            await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def _clock(settings: Settings) -> Clock:
    return SystemClock() if settings.database.startswith("sqlite") else DatabaseClock()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise SettingsError(
            f"設定 port: {host}:{port} で待ち受けできません({error.strerror})。",
            f"Setting port: cannot listen on {host}:{port} ({error.strerror}).", field="port",
        ) from None  # fmt: skip


async def add_staff(settings: Settings, login: str, name: str, role: str, password: str) -> None:
    """Make an account in the installation's database."""
    from bot.web.console.accounts import add_account  # noqa: PLC0415  # argon2 loads only here

    database = Database(settings.database, Keyring.load_or_create(settings.keys))
    try:
        await migrate(database)
        await add_account(database, SystemClock(), login, name, role, password)
    finally:
        await database.close()
