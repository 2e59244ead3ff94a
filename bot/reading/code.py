"""Which program reads: the lexicon's version says nothing of the code around it."""

from __future__ import annotations

import functools
import hashlib
from importlib.resources import files

import bot


@functools.cache
def code_version() -> str:
    """The program's version and a fingerprint of the code that reads (``0.1.0+1f0c93ab52d4``); looked up once."""
    sources = [*files("bot.reading").iterdir(), files("bot.domain") / "reading.py"]
    digest = hashlib.sha256()
    for source in sorted((item for item in sources if item.name.endswith(".py")), key=lambda item: item.name):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return f"{bot.__version__}+{digest.hexdigest()[:12]}"
