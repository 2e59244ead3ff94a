"""``mimamori demo``: the whole house in one process with a simulated carrier, phones and a clock that can be moved."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

from aiohttp import web

from bot.domain.errors import MimamoriError
from bot.service import Service, build, limits_of, opened, running
from bot.settings import shipped
from bot.storage.accounts import ensure_demo_accounts
from bot.storage.folder import only_process
from bot.web import console, public
from bot.web.app import loopback_only
from bot.web.console import ConsolePorts, RoadPorts
from bot.web.demo import api, page
from bot.web.demo.carrier import Carrier
from bot.web.demo.clock import DemoClock
from bot.web.demo.clockwork import Clockwork
from bot.web.demo.samples import Player
from bot.web.public import PublicPorts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from bot.settings import Settings

LOOPBACK = "127.0.0.1"
_PLAYED = "samples-played"


class DemoError(MimamoriError):
    """The demo cannot start."""


async def run_demo(settings: Settings, data: Path, port: int, *, samples: bool, ready: Callable[[int], None]) -> None:
    """Serve until the task is cancelled; ``ready`` is called with the port once everything is there."""
    with only_process(data), _bound(port) as public, _bound(0) as inside:
        carrier_url = f"http://{LOOPBACK}:{inside.getsockname()[1]}"
        own = {"data_dir": data, "database_url": "", "key_file": None, "redis_url": "", "secure_cookies": False}
        settings = settings.model_copy(update={**own, "carrier_url": f"{carrier_url}/demo/carrier"})
        clock = DemoClock(data / "clock.json", settings.timezone)
        # a click in a demo must not change the program's own files
        examples = data / "labelled" if settings.conversations == shipped("conversations") else None
        service = build(settings, clock, examples=examples)
        async with opened(service), _carrier(service, clock, data, carrier_url) as carrier:
            clockwork = Clockwork(service.database, clock, service.bells, carrier)
            await _mount(service, clock, clockwork, carrier)
            async with _serving(service.app) as runner:
                await web.SockSite(runner, inside).start()
                async with running(service):
                    if samples and not (data / _PLAYED).exists():
                        await _play(service, clock, clockwork, data)
                    await web.SockSite(runner, public, backlog=1024).start()
                    ready(public.getsockname()[1])
                    await asyncio.Event().wait()


async def _play(service: Service, clock: DemoClock, clockwork: Clockwork, data: Path) -> None:
    """Once in the life of a data folder, however it ends."""
    (data / _PLAYED).touch()
    await Player(service.roster, service.intake, clock, clockwork, service.settings.timezone).play()


async def _mount(service: Service, clock: DemoClock, clockwork: Clockwork, carrier: Carrier) -> None:
    settings, app = service.settings, service.app
    app.middlewares.append(loopback_only)
    carrier.setup(app)
    api.setup(app, api.DemoPorts(
        service.database, service.desk, service.roster, service.library, settings.office, clock, clockwork, carrier
    ))  # fmt: skip
    page.setup(app)
    public.setup(app, PublicPorts([settings.office], service.gateways.values))
    await ensure_demo_accounts(service.database, clock)
    console.setup(app, ConsolePorts(
        service.database, service.desk, service.roster, service.library, settings.office, clock,
        demo=True, session_key=service.database.keyring.session_key, secure_cookies=settings.secure_cookies,
        corrections=service.corrections, reloads=lambda: service.reloaded, gateways=service.gateways.values,
        roads=RoadPorts(service.router, service.quarantine, limits_of(service.settings)),
    ))  # fmt: skip


@contextlib.asynccontextmanager
async def _carrier(service: Service, clock: DemoClock, data: Path, url: str) -> AsyncIterator[Carrier]:
    carrier = Carrier(data / "carrier.log", service.database.keyring, clock)
    delivering = asyncio.create_task(carrier.deliver(f"{url}/webhook/sandbox/demo/receipts"))
    try:
        yield carrier
    finally:
        delivering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await delivering
        carrier.close()


@contextlib.asynccontextmanager
async def _serving(app: web.Application) -> AsyncIterator[web.AppRunner]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)  # an access log would hold phone numbers
    await runner.setup()
    try:
        yield runner
    finally:
        await runner.cleanup()


@contextlib.contextmanager
def _bound(port: int) -> Iterator[socket.socket]:
    """A bound socket that does not listen yet; raises DemoError where the port is taken."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((LOOPBACK, port))
        except OSError as error:
            raise DemoError(
                f"ポート{port}は使えません({error.strerror})。--port で別の番号を指定してください。",
                f"Port {port} cannot be used ({error.strerror}). Choose another with --port.",
                field="port",
            ) from None
        yield sock
