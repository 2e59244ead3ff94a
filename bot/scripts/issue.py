"""What is wrong with a script: where, how grave, and one sentence in Japanese and in English."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

from bot.domain.errors import ScriptError


class Severity(StrEnum):
    ERROR = "error"  # the script is not taken
    WARNING = "warning"  # a person should look


@dataclass(frozen=True, slots=True)
class Place:
    """A line (counted from 1) of a file, named as below ``conversations/``."""

    file: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding; ``code`` names its kind and is what programs compare."""

    severity: Severity
    code: str
    file: str
    line: int
    ja: str
    en: str

    @classmethod
    def error(cls, code: str, place: Place, ja: str, en: str) -> Issue:
        return cls(Severity.ERROR, code, place.file, place.line, ja, en)

    @classmethod
    def warning(cls, code: str, place: Place, ja: str, en: str) -> Issue:
        return cls(Severity.WARNING, code, place.file, place.line, ja, en)

    def as_dict(self) -> dict[str, object]:
        """For ``--json``: severity, code, file, line, ja, en."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.ja} / {self.en}"


def errors(issues: Iterable[Issue]) -> list[Issue]:
    """Those that stop a script from being taken."""
    return [issue for issue in issues if issue.severity is Severity.ERROR]


def in_order(issues: Iterable[Issue]) -> list[Issue]:
    """Each once, by file and line."""
    return sorted(set(issues), key=lambda issue: (issue.file, issue.line, issue.severity, issue.code, issue.en))


class ScriptUnusable(ScriptError):
    """A script that cannot be loaded at all; ``issues`` say why."""

    def __init__(self, program: str, issues: list[Issue]) -> None:
        first = errors(issues)[0]
        super().__init__(
            f"台本「{program}」を読み込めません。{first.file} の {first.line} 行目: {first.ja}",
            f"The script {program} cannot be loaded. {first.file}, line {first.line}: {first.en}",
            field=program,
        )
        self.issues = issues
