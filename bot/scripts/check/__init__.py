"""Checks of scripts: one file per kind of issue, each a function ``check(bundle) -> iterator of issues``."""

from __future__ import annotations

from bot.scripts.check import (
    answers,
    characters,
    escalation,
    faq,
    first_touch,
    length,
    loops,
    missing_texts,
    must_say,
    program,
    records,
    reserved,
    silence,
    template,
    unreachable,
    unused_texts,
)
from bot.scripts.issue import Issue, errors, in_order
from bot.scripts.load import Loaded

CHECKS = (
    reserved.check,
    unreachable.check,
    answers.check,
    records.check,
    escalation.check,
    silence.check,
    loops.check,
    missing_texts.check,
    unused_texts.check,
    template.check,
    length.check,
    characters.check,
    first_touch.check,
    must_say.check,
    faq.check,
    program.check,
)

_UNREAD = frozenset({"file", "missing-file", "encoding", "yaml"})
"""While a file cannot be read at all, whatever else would be found only follows from it."""


def check_bundle(loaded: Loaded) -> list[Issue]:
    """Everything that is wrong with one program's script, by file and line."""
    found = list(loaded.issues)
    unread = any(issue.code in _UNREAD for issue in errors(found))
    if loaded.bundle is not None and not unread:
        for check in CHECKS:
            found += check(loaded.bundle)
    return in_order(found)
