"""Which program reads: the lexicon's version says nothing of the code around it, and of the dictionary of words."""

from __future__ import annotations

import functools
import hashlib
import unicodedata
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

import bot

_PACKAGES = ("sudachipy", "sudachidict-small")


@functools.cache
def code_version() -> str:
    """The program's version and a fingerprint of what reads beside the lexicon (``0.1.0+1f0c93ab52d4``); made once."""
    sources = [*files("bot.reading").iterdir(), files("bot.domain") / "reading.py"]
    digest = hashlib.sha256(unicodedata.unidata_version.encode())
    for source in sorted((item for item in sources if item.name.endswith(".py")), key=lambda item: item.name):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    for package in _PACKAGES:
        digest.update(f"{package}=={_version(package)}".encode())
    return f"{bot.__version__}+{digest.hexdigest()[:12]}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
