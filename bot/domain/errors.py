"""Errors that a person or a program outside is told about, one sentence in Japanese and one in English."""

from __future__ import annotations


class MimamoriError(Exception):
    """Something that the user can be told; ``retryable`` says whether the same call may work later."""

    retryable = False

    def __init__(self, ja: str, en: str, *, field: str | None = None) -> None:
        super().__init__(f"{ja} / {en}")
        self.ja = ja
        self.en = en
        self.field = field


class InvalidInput(MimamoriError):
    """A value given by a person or a program cannot be used; ``field`` names it."""


class NotFound(MimamoriError):
    """The thing that was asked for is not there."""


class Refused(MimamoriError):
    """The request is understood but the present state does not allow it."""


class SettingsError(MimamoriError):
    """A setting is wrong; ``field`` names it."""


class StorageUnavailable(MimamoriError):
    """The database cannot take the write now (gone, locked or out of space); nothing was stored."""

    retryable = True


class StorageUnusable(MimamoriError):
    """The database cannot be used by this program at all (newer version, wrong key)."""


class ScriptError(MimamoriError):
    """A conversation script cannot be used."""
