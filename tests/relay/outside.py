"""A relay with its keys, as a server of this process or as a process of its own, and insides that fetch from it."""

import contextlib
import sys
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp.test_utils import TestServer

from bot.domain.clock import SystemClock
from bot.gateways.relay_seal import RelayKey, new_keys
from bot.relay.app import RelayApp
from bot.relay.run import make_store
from bot.relay.settings import load_relay
from tests.gateways.kit import make_gateway

DYING = Path(__file__).parent / "dying.py"
PUBLIC = "https://relay.example.jp"


@dataclass
class Outside:
    """Folders and keys; ``url`` is where it listens."""

    folder: Path
    keys: dict[str, str]
    monkeypatch: object
    url: str = ""
    insides: list = field(default_factory=list)

    @property
    def waiting(self):
        return sorted((self.folder / "relay" / "waiting").glob("*.sealed"))

    def configure(self, *, addresses='[[address]]\nkind = "sandbox"\naccount = "demo"', **given):
        """The settings file; more settings by name."""
        lines = {
            "public_url": f'"{PUBLIC}"', "folder": f'"{self.folder / "relay"}"', "key": '"env:RELAY_KEY"',
            "inside": f'"{self.keys["inside.pub"]}"', "port": "0", **given,
        }  # fmt: skip
        file = self.folder / "relay.toml"
        file.write_text("\n".join(f"{name} = {value}" for name, value in lines.items()) + f"\n{addresses}\n")
        return file

    @contextlib.asynccontextmanager
    async def served(self, clock=None, **given):
        """The relay in this process; yields its store."""
        settings = load_relay(self.configure(**given))
        store = make_store(settings)
        store.open()
        server = TestServer(RelayApp(settings, store, RelayKey(self.keys["relay.key"]), clock or SystemClock()).app)
        await server.start_server()
        self.url = str(server.make_url("")).rstrip("/")
        try:
            yield store
        finally:
            await server.close()

    def inside(self, name="inside", **given):
        """A gateway that fetches; insides of one name share their folder."""
        data = {"url": self.url, "key": "env:INSIDE_KEY", "relay": self.keys["relay.pub"], "retry_seconds": 0.01}
        gateway = make_gateway("relay", account=name, folder=str(self.folder / name), sender="relay", **data | given)
        self.insides.append(gateway)
        return gateway

    async def close(self):
        for gateway in self.insides:
            await gateway.close()

    def dying_command(self, step):
        """A relay that kills itself at the given step on its disk, counted from the first request on."""
        return [sys.executable, DYING, str(step), "relay", "--config", self.folder / "relay.toml"]


def outside(folder, monkeypatch):
    keys = new_keys()
    monkeypatch.setenv("RELAY_KEY", keys["relay.key"])
    monkeypatch.setenv("INSIDE_KEY", keys["inside.key"])
    return Outside(folder, keys, monkeypatch)
