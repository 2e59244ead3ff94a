"""Pages that anybody may open: no account, no script, small enough for an old phone."""

from bot.web.public.routes import PublicPorts, setup

__all__ = ["PublicPorts", "setup"]
