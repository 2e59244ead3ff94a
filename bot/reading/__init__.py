"""Reading a reply: text and context become a Reading (intent, priority, facts, the words that decided)."""

from bot.reading.reader import Reader

__all__ = ["Reader"]
