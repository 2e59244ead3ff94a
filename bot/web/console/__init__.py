"""The console of staff, managers and administrators: server-rendered pages that work without JavaScript."""

from bot.web.console.ports import ConsolePorts, RoadPorts
from bot.web.console.routes import setup

__all__ = ["ConsolePorts", "RoadPorts", "setup"]
