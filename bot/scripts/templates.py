"""Texts as Jinja2 templates in a sandbox small enough to be read in full.

A manager may write plain text, ``{{ variable }}`` and ``{% if … %} … {% elif … %} … {% else %} … {% endif %}`` with
comparisons, ``and``/``or``/``not``/``in``, ``~``, ``+``, ``-`` and the filters below. Everything else (loops, macros,
imports, attributes, calls, assignments) is refused when the script is checked, so that no text can run for long, grow
large or look at anything but its variables. Jinja's own sandbox stands behind that as a second wall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.domain.errors import ScriptError

VARIABLES = (
    "center", "center_phone", "center_hours", "program", "name", "names", "check_hour", "day0", "last_day",
    "release_on", "understood", "today", "emergency_number", "options",
    "sender_page",
)  # fmt: skip
"""All that a text can speak of; see docs/managers.md."""

OPTIONS_TEXT = "which_person"
"""The only text that knows ``options``."""

MAX_SOURCE = 4_000
MAX_OUTPUT = 2_000
MAX_DEPTH = 24
"""Characters of a template, characters of a text made from it, nesting of its conditions."""

FILTERS = ("default", "trim", "join", "length")
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.CondExpr, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.Add, nodes.Sub, nodes.Filter,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a template cannot be used; ``line`` counts from 1 within the template."""

    code: str  # template-syntax, unknown-variable or sandbox
    line: int
    ja: str
    en: str


class TemplateRefused(ScriptError):
    """A text breaks the rules for texts, or grew too large."""


class Template:
    """A compiled text; ``variables`` are those that it uses."""

    __slots__ = ("_root", "_template", "variables")

    def __init__(self, template: jinja2.Template, variables: frozenset[str]) -> None:
        self._template = template
        self._root = template.root_render_func
        self.variables = variables

    def render(self, values: dict[str, Any]) -> str:
        """The text for these values; raises TemplateRefused when it grows beyond MAX_OUTPUT."""
        pieces, size = [], 0
        try:
            for piece in self._root(self._template.new_context(values, shared=True)):
                size += len(piece)
                if size > MAX_OUTPUT:
                    raise _too_long()
                pieces.append(piece)
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise TemplateRefused(
                "本文を組み立てられません。", f"The text cannot be put together ({type(error).__name__})."
            ) from error
        return "".join(pieces).strip()


def flaws(source: str) -> tuple[Flaw, ...]:
    """Everything in a template that is not allowed; empty for one that can be compiled."""
    return _made(source)[1]


def compile_template(source: str) -> Template:
    """The compiled text, one for all who use it; raises TemplateRefused for what ``flaws`` finds."""
    template, found = _made(source)
    if template is None:
        raise TemplateRefused(found[0].ja, found[0].en)
    return template


@lru_cache(maxsize=8192)
def _made(source: str) -> tuple[Template | None, tuple[Flaw, ...]]:
    """Parsed, looked through and compiled once for each text."""
    if len(source) > MAX_SOURCE:
        limit = f"The text is too long (the limit is {MAX_SOURCE} characters)."
        return None, (Flaw("sandbox", 1, f"本文が長すぎます({MAX_SOURCE}文字まで)。", limit),)
    try:
        tree = _ENVIRONMENT.parse(source)
        found = tuple(_walk(tree, 0))
        return (None, found) if found else (_compiled(tree), ())
    except jinja2.TemplateSyntaxError as error:
        return None, (_malformed(error),)
    except RecursionError:
        return None, (_too_deep(1),)
    except (jinja2.TemplateError, SyntaxError, MemoryError, OverflowError, ValueError, TypeError):
        ja = "この本文は組み立てられません。"
        return None, (Flaw("template-syntax", 1, ja, "The template cannot be compiled."),)


def _compiled(tree: nodes.Template) -> Template:
    names = frozenset(node.name for node in tree.find_all(nodes.Name))
    return Template(_ENVIRONMENT.from_string(tree), names)


def _walk(node: nodes.Node, depth: int) -> Iterator[Flaw]:
    line = getattr(node, "lineno", None) or 1
    if depth > MAX_DEPTH:
        yield _too_deep(line)
        return
    flaw = _flaw_of(node, line)
    if flaw:
        yield flaw
        return
    for child in node.iter_child_nodes():
        yield from _walk(child, depth + 1)


def _flaw_of(node: nodes.Node, line: int) -> Flaw | None:
    if isinstance(node, nodes.Name):
        return _name_flaw(node, line)
    if isinstance(node, nodes.Filter):
        return _filter_flaw(node, line)
    if type(node) not in _ALLOWED:
        word = _WORDS.get(type(node).__name__, type(node).__name__)
        return Flaw("sandbox", line, f"本文では使えない書き方です({word})。", f"Texts may not use this ({word}).")
    return None


def _name_flaw(node: nodes.Name, line: int) -> Flaw | None:
    if node.name in VARIABLES and node.ctx == "load":
        return None
    known = ", ".join(VARIABLES)
    return Flaw(
        "unknown-variable",
        line,
        f"「{node.name}」という変数はありません。使えるのは {known} です。",
        f"There is no variable “{node.name}”; there are {known}.",
    )


def _filter_flaw(node: nodes.Filter, line: int) -> Flaw | None:
    if node.name not in FILTERS or node.node is None:
        return Flaw(
            "sandbox",
            line,
            f"フィルター「{node.name}」は使えません。使えるのは {', '.join(FILTERS)} です。",
            f"The filter “{node.name}” may not be used; there are {', '.join(FILTERS)}.",
        )
    return None


def _malformed(error: jinja2.TemplateSyntaxError) -> Flaw:
    reason = (error.message or "unknown reason").rstrip(".")
    ja = "波括弧の中の書き方が正しくありません。"
    return Flaw("template-syntax", error.lineno or 1, ja, f"The template is not well-formed: {reason}.")


def _join(value: object, separator: object = "") -> str:
    """Jinja's join without its attribute lookup, and bounded before anything is built."""
    parts = [str(part) for part in value] if isinstance(value, list | tuple | str) else [str(value)]
    glue = str(separator)
    if sum(map(len, parts)) + len(glue) * len(parts) > MAX_OUTPUT:
        raise _too_long()
    return glue.join(parts)


def _length(value: object) -> int:
    return len(value) if isinstance(value, list | tuple | str) else len(str(value))


def _default(value: object, other: object = "", *_: object) -> object:
    """An empty value counts as none, whatever Jinja's second argument says: no variable is ever undefined."""
    return value or other


def _trim(value: object) -> str:
    return str(value).strip()


def _too_long() -> TemplateRefused:
    return TemplateRefused(
        f"組み立てた本文が長すぎます({MAX_OUTPUT}文字まで)。",
        f"The text grew too long (the limit is {MAX_OUTPUT} characters).",
    )


def _too_deep(line: int) -> Flaw:
    return Flaw("sandbox", line, "条件の入れ子が深すぎます。", "The conditions are nested too deeply.")


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True, cache_size=0
    )
    environment.globals.clear()
    environment.tests.clear()
    environment.filters.clear()
    environment.filters.update(default=_default, trim=_trim, join=_join, length=_length)
    return environment


_ENVIRONMENT = _environment()
_WORDS = {
    "For": "for", "Macro": "macro", "Call": "call ( )", "CallBlock": "call", "Import": "import", "FromImport": "import",
    "Include": "include", "Extends": "extends", "Block": "block", "Assign": "set", "AssignBlock": "set",
    "Getattr": "variable.attribute", "Getitem": "variable[…]", "Test": "is", "FilterBlock": "filter", "Mul": "*",
    "Pow": "**", "Div": "/", "FloorDiv": "//", "Mod": "%", "List": "[ ]", "Tuple": "( , )", "Dict": "{ }",
    "With": "with", "Neg": "-x", "Pos": "+x",
}  # fmt: skip
