"""The real demo on a free port of this process."""

import asyncio
import contextlib
import functools
import shutil

import aiohttp
import pytest

import bot.demo
from bot.settings import Settings, shipped
from tests.support.house import _shared
from tests.web.visits import Demo


@contextlib.asynccontextmanager
async def running_demo(settings, data):
    """A demo without sample residents; its clock starts at ten in the morning."""
    ready = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(bot.demo.run_demo(settings, data, 0, samples=False, ready=ready.set_result))
    await asyncio.wait([running, ready], return_when=asyncio.FIRST_COMPLETED, timeout=120)
    if running.done():
        running.result()
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Demo(f"http://127.0.0.1:{ready.result()}", data, http, stack)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.fixture
async def demo(sqlite_template, tmp_path, monkeypatch):
    """A demo with the shipped scripts and rules, which are loaded once for all tests."""
    (tmp_path / "demo").mkdir(mode=0o700)
    shutil.copy(sqlite_template, tmp_path / "demo" / "mimamori.sqlite3")
    library, reader = _shared()
    monkeypatch.setattr(bot.demo, "build", functools.partial(bot.demo.build, library=library, reader=reader))
    async with running_demo(Settings(), tmp_path / "demo") as demo:
        yield demo


@pytest.fixture
def scripts(tmp_path):
    """A copy of the shipped scripts that a test may change."""
    return shutil.copytree(shipped("conversations"), tmp_path / "conversations")


@pytest.fixture
async def manager(tmp_path, scripts):
    """The manager, signed in to a demo of her own, which watches those scripts."""
    async with running_demo(Settings(conversations=scripts), tmp_path / "demo") as demo:
        yield await demo.signed_in("manager")


@pytest.fixture
async def nurse(demo):
    """The nurse, signed in."""
    return await demo.signed_in("nurse")


@pytest.fixture
async def admin(demo):
    """The administrator, signed in."""
    return await demo.signed_in("admin")
