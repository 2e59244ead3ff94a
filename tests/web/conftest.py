"""The real demo on a free port of this process."""

import asyncio
import contextlib
import functools

import aiohttp
import pytest

import bot.demo
from bot.settings import Settings
from tests.support.house import _shared
from tests.web.visits import Demo


@pytest.fixture
async def demo(tmp_path, monkeypatch):
    """A demo without sample residents; its clock starts at ten in the morning. Scripts and rules are loaded once."""
    library, reader = _shared()
    monkeypatch.setattr(bot.demo, "build", functools.partial(bot.demo.build, library=library, reader=reader))
    ready = asyncio.get_running_loop().create_future()
    data = tmp_path / "demo"
    running = asyncio.create_task(bot.demo.run_demo(Settings(), data, 0, samples=False, ready=ready.set_result))
    await asyncio.wait([running, ready], return_when=asyncio.FIRST_COMPLETED, timeout=60)
    if running.done():
        running.result()
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Demo(f"http://127.0.0.1:{ready.result()}", data, http, stack)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.fixture
async def nurse(demo):
    """The nurse, signed in."""
    return await demo.signed_in("nurse")


@pytest.fixture
async def admin(demo):
    """The administrator, signed in."""
    return await demo.signed_in("admin")
