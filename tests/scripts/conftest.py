"""A copy of the shipped conversations that a test may break, and a reader whose words are all in this file."""

import re
import shutil
from pathlib import Path

import pytest

from bot.domain.reading import Context, Evidence, Intent, Part, Priority, Reading

SHIPPED = Path(__file__).parents[2] / "conversations"
PROGRAM = "covid19-2022-09-07"


class Folder:
    """A conversations folder below ``tmp_path``."""

    def __init__(self, path):
        self.path = path

    def file(self, name):
        return self.path / name

    def text(self, name):
        return self.file(name).read_text(encoding="utf-8")

    def write(self, name, text):
        self.file(name).parent.mkdir(parents=True, exist_ok=True)
        self.file(name).write_text(text, encoding="utf-8")

    def change(self, name, old, new):
        """Replace the only or the first ``old``; the line (from 1) in which the change begins."""
        text = self.text(name)
        assert old in text, f"{name} holds no {old!r}"
        before = text.partition(old)[0]
        self.write(name, text.replace(old, new, 1))
        return before.count("\n") + 1

    def line(self, name, part):
        """The first line (from 1) that holds ``part``."""
        lines = self.text(name).split("\n")
        return next(number for number, line in enumerate(lines, start=1) if part in line)

    def put(self, name, key, value):
        """Give a top-level key of one line another value, or a first one."""
        lines = [line for line in self.text(name).split("\n") if not line.startswith(f"{key}:")]
        self.write(name, "\n".join(lines).rstrip("\n") + f"\n{key}: {value}\n")

    def append(self, name, text):
        """Add text at the end; the line in which it begins."""
        old = self.text(name).rstrip("\n") + "\n"
        self.write(name, old + text)
        return old.count("\n") + 1


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(SHIPPED, tmp_path / "conversations")
    return Folder(tmp_path / "conversations")


class PlainReader:
    """Menu digits, 1/2, a few words: enough to move a conversation; the real reader has tests of its own."""

    def read_for(self, text, context, members, asked):
        del asked
        who = tuple(at for at, names in enumerate(members) if any(name and name in text for name in names))
        plain = re.sub(
            "|".join(re.escape(name) for names in members for name in names if name) or "$^", "", text
        ).strip()
        return [Part(self._read(plain, context, len(text)), who)]

    def _read(self, text, context, length):
        if "息が" in text:
            evidence = (Evidence(0, length, "red_flag:dyspnea"),)
            return Reading(Intent.REPORT, Priority.EMERGENCY, present=("dyspnea",), evidence=evidence)
        if text == "STOP":
            return Reading(Intent.OPT_OUT, Priority.NONE)
        if context in {Context.CONSENT, Context.DANGER} and text in {"1", "2"}:
            intent = (
                {"1": Intent.CONSENT_YES, "2": Intent.CONSENT_NO}[text] if context is Context.CONSENT else Intent.REPORT
            )
            return Reading(intent, Priority.NONE, answer={"1": "yes", "2": "no"}[text])
        if text[:1] in {"1", "2", "3"}:
            value = re.search(r"3\d\.\d", text)
            urgent = Priority.URGENT if text[0] == "3" else Priority.NONE
            temperature = float(value[0]) if value else 36.5
            return Reading(Intent.REPORT, urgent, menu=int(text[0]), temperature=temperature)
        return Reading(Intent.OTHER, Priority.NONE, understood=False)


@pytest.fixture
def reader():
    return PlainReader()
