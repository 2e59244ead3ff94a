"""``python -m bot`` is ``mimamori``."""

from bot.cli import main

main()
