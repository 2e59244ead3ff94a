"""YAML as a tree that remembers the line of everything; broken YAML becomes issues, never an exception."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import yaml
from yaml import MappingNode, MarkedYAMLError, Node, ScalarNode, SequenceNode, YAMLError

MAX_DEPTH = 12
"""Scripts nest five deep; anything deeper is no script."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; ``null`` where nothing is written, ``block`` where the value begins on the next line (``|-``)."""

    line: int
    text: str
    null: bool = False
    block: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    line: int
    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    line: int
    entries: dict[str, tuple[int, Tree]]  # key -> (its line, its value)


Tree = Scalar | Items | Entries


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a YAML file cannot be used, before it is known which file it is."""

    code: str
    line: int
    ja: str
    en: str


@lru_cache(maxsize=512)
def parse_yaml(text: str) -> tuple[Tree | None, tuple[Fault, ...]]:
    """The tree of a YAML text (None where it is broken or empty) and its faults.

    Cached by content: the common files are the same for every program.
    """
    try:
        node = _compose(text)
    except MarkedYAMLError as error:
        return None, (_syntax_fault(error),)
    except (YAMLError, ValueError, RecursionError) as error:
        line, sentence = _unmarked(text, error)
        return None, (Fault("yaml", line, "YAMLとして読めません。", f"This is not YAML: {sentence}."),)
    if node is None:
        return None, ()
    faults: list[Fault] = []
    try:
        return _Grower(faults).grow(node, 0), tuple(faults)
    except _Unfit as unfit:
        return None, (unfit.fault,)


def _compose(text: str) -> Node | None:
    """By libyaml, twenty times as fast; a broken text once more in Python, which says better what is wrong."""
    try:
        return yaml.compose(text, Loader=yaml.CSafeLoader)
    except YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)


class _Unfit(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.en)
        self.fault = fault


class _Grower:
    """Turns the parser's nodes into ours; a node that is used twice (an alias) is turned once."""

    def __init__(self, faults: list[Fault]) -> None:
        self._faults = faults
        self._done: dict[int, Tree] = {}

    def grow(self, node: Node, depth: int) -> Tree:
        if depth > MAX_DEPTH:
            raise _Unfit(Fault("yaml", _line(node), "入れ子が深すぎます。", "This is nested too deeply."))
        known = self._done.get(id(node))
        if known is None:
            known = self._done[id(node)] = self._grow(node, depth)
        return known

    def _grow(self, node: Node, depth: int) -> Tree:
        if isinstance(node, ScalarNode):
            return Scalar(_line(node), node.value, null=str(node.tag).endswith(":null"), block=node.style in {"|", ">"})
        if isinstance(node, SequenceNode):
            return Items(_line(node), tuple(self.grow(item, depth + 1) for item in node.value))
        assert isinstance(node, MappingNode)  # noqa: S101 - YAML has no fourth kind
        entries: dict[str, tuple[int, Tree]] = {}
        for key, value in node.value:
            self._enter(entries, key, self.grow(value, depth + 1))
        return Entries(_line(node), entries)

    def _enter(self, entries: dict[str, tuple[int, Tree]], key: Node, value: Tree) -> None:
        line = _line(key)
        if not isinstance(key, ScalarNode):
            self._faults.append(
                Fault("yaml", line, "見出し(キー)は一語で書いてください。", "A key must be a single word.")
            )
        elif key.value in entries:
            first = entries[key.value][0]
            self._faults.append(
                Fault(
                    "duplicate-key",
                    line,
                    f"「{key.value}」が二度書かれています(最初は{first}行目)。",
                    f"“{key.value}” is written twice (first in line {first}).",
                )
            )
        else:
            entries[key.value] = (line, value)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


_HINTS = (
    ("\\t", "字下げにタブは使えません。半角の空白を使ってください。", "Indent with spaces, not with tabs"),
    (
        "mapping values are not allowed",
        "「:」のあとの空白か、字下げか、引用符が足りません。",
        "A space after “:”, the indentation or a quotation mark is missing",
    ),
    ("could not find expected ':'", "「:」が見つかりません。", "A “:” is missing"),
    ("found undefined alias", "「*」で参照している名前(&)がありません。", "The name after “*” is not defined with “&”"),
    (
        "but found '<block mapping start>'",
        "字下げが前の行と合っていません。",
        "The indentation does not match the lines above",
    ),
    ("expected <block end>", "字下げが前の行と合っていません。", "The indentation does not match the lines above"),
    ("unexpected end of stream", "閉じる引用符か括弧がありません。", "A closing quotation mark or bracket is missing"),
    ("expected ',' or", "「,」か閉じる括弧がありません。", "A “,” or a closing bracket is missing"),
)


def _syntax_fault(error: MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    line = int(mark.line) + 1 if mark else 1
    problem = " ".join(str(error.problem or error.context or "").split())
    for sign, ja, en in _HINTS:
        if sign in problem:
            return Fault("yaml", line, f"YAMLとして読めません。{ja}", f"This is not YAML. {en}.")
    return Fault("yaml", line, "YAMLとして読めません。", f"This is not YAML: {problem or 'unknown reason'}.")


def _unmarked(text: str, error: Exception) -> tuple[int, str]:
    """Line and reason of an error without a mark (a forbidden control character, for example)."""
    position = getattr(error, "position", None)
    line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
    reason = getattr(error, "reason", None)
    return line, str(reason or type(error).__name__)
