"""Templates in an operator's TOML: Jinja2 in a sandbox, with filters for telephone numbers, codes and JSON paths.

A template sees only the names of its place. What is missing in a request is empty, so that required fields can be
named; a template that does not compile or asks for an unknown name is refused when the file is loaded.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

import jinja2
from jinja2 import meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import AfterValidator

from bot.gateways.number_forms import any_to_e164, domestic, without_plus

SENDING = frozenset(
    {"text", "reference", "recipient", "expires_at", "sender", "message_id", "inbound_url", "receipts_url", "secrets"}
)
"""Names in requests of ours."""
ANSWERS = frozenset({"status", "body", "json", "match", "reference"})
"""Names in what is read from an answer to us."""
INCOMING = frozenset({"method", "url", "path", "query", "headers", "body", "json", "form", "item", "index", "sender"})
"""Names in what is read from a request to us; ``item`` is the one of several that is being read."""
SIGNED = INCOMING | {"timestamp", "secrets"}
"""Names in what a signature is made over."""
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Fields come before methods: ``item.items`` is the field ``items``."""

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401  # as Jinja2 declares it
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


def _shown(value: object) -> object:
    """JSON's words for nothing and for yes and no."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else value


def dig(data: object, path: str) -> Any:  # noqa: ANN401  # JSON is anything
    """What stands at ``results[0].status.name``; None where there is nothing. An empty path is the data itself."""
    for number, name in _STEP.findall(path):
        if number and isinstance(data, list) and int(number) < len(data):
            data = data[int(number)]
        elif name and isinstance(data, Mapping) and name in data:
            data = data[name]
        else:
            return None
    return data


def _find(value: object, pattern: str) -> str:
    """The first group of a pattern, or all that it matched; "" where it matches nothing."""
    found = re.search(pattern, str(value))
    return "" if found is None else (found[1] if found.re.groups else found[0]) or ""


def _national(value: object) -> str:
    return domestic(any_to_e164(str(value))) or str(value)


def _digits(value: object) -> str:
    return without_plus(any_to_e164(str(value)))


def _unhex(value: object, charset: str = "utf-8") -> str:
    """Hexadecimal digits as text; what is not readable becomes U+FFFD."""
    try:
        return bytes.fromhex(str(value)).decode(charset, "replace")
    except (ValueError, LookupError):
        return "\ufffd"


def encoded(digest: bytes, encoding: str) -> str:
    """A digest as ``hex``, ``base64`` or ``base64url``."""
    if encoding == "hex":
        return digest.hex()
    encode = base64.urlsafe_b64encode if encoding == "base64url" else base64.b64encode
    return encode(digest).decode()


def _hmac(value: object, key: str, algorithm: str = "sha256", encoding: str = "hex") -> str:
    return encoded(hmac.digest(key.encode(), as_bytes(str(value)), algorithm), encoding)


def _hash(value: object, algorithm: str = "sha256", encoding: str = "hex") -> str:
    return encoded(hashlib.new(algorithm, as_bytes(str(value))).digest(), encoding)


def as_text(data: bytes) -> str:
    """Bytes for a template; ``as_bytes`` brings exactly the same ones back."""
    return data.decode("utf-8", "surrogateescape")


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


_ENVIRONMENT = _Sandbox(
    undefined=jinja2.ChainableUndefined, finalize=_shown, keep_trailing_newline=True, autoescape=False
)
_ENVIRONMENT.filters |= {
    "e164": lambda value: any_to_e164(str(value)),
    "national": _national,
    "digits": _digits,
    "b64": lambda value: base64.b64encode(as_bytes(str(value))).decode(),
    "unhex": _unhex,
    "find": _find,
    "path": dig,
    "hmac": _hmac,
    "hash": _hash,
}


@lru_cache(maxsize=2000)
def _compiled(source: str) -> jinja2.Template:
    return _ENVIRONMENT.from_string(source)


def rendered(source: str, names: Mapping[str, Any]) -> str:
    """What the template gives; a fault while rendering (a wrong filter argument) raises ValueError."""
    try:
        return _compiled(source).render(names)
    except (jinja2.TemplateError, re.error, ArithmeticError, LookupError, TypeError) as error:
        raise ValueError(f"{source}: {type(error).__name__}") from None


def checked(source: str, names: frozenset[str]) -> str:
    """The template itself; ValueError, in Japanese and English, for one that could never be rendered."""
    try:
        unknown = meta.find_undeclared_variables(_ENVIRONMENT.parse(source)) - names
        _compiled(source)
    except jinja2.TemplateError as error:
        raise ValueError(f"テンプレートとして読めません: {source} / not a template: {error}") from None
    if unknown:
        known = ", ".join(sorted(names))
        raise ValueError(
            f"テンプレートに知らない名前があります: {', '.join(sorted(unknown))}(使える名前: {known})"
            f" / unknown names in the template; there are: {known}"
        )
    return source


def checked_tree(value: Any, names: frozenset[str], place: str = "") -> Any:  # noqa: ANN401  # TOML is anything
    """Every string in nested tables and lists as a template; ValueError names the inner key."""
    if isinstance(value, str):
        try:
            return checked(value, names)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from None
    if isinstance(value, dict):
        return {key: checked_tree(inner, names, f"{place}.{key}".lstrip(".")) for key, inner in value.items()}
    if isinstance(value, list):
        return [checked_tree(inner, names, f"{place}[{number}]") for number, inner in enumerate(value)]
    return value


def rendered_tree(value: Any, names: Mapping[str, Any]) -> Any:  # noqa: ANN401  # as above
    """The same tables and lists with every template rendered; numbers and truth values stay what they are."""
    if isinstance(value, str):
        return rendered(value, names)
    if isinstance(value, dict):
        return {key: rendered_tree(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [rendered_tree(inner, names) for inner in value]
    return value


def unknown_secrets(value: object, known: Collection[str], place: str = "") -> Iterator[tuple[str, str]]:
    """Where templates in nested tables and lists ask for a secret that nobody has: the inner key, and the name."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from unknown_secrets(inner, known, f"{place}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from unknown_secrets(inner, known, f"{place}[{number}]")
    elif isinstance(value, str) and "secrets" in value:
        yield from ((place, name) for name in _secrets_in(value) if name not in known)


def _secrets_in(source: str) -> list[str]:
    try:
        tree = _ENVIRONMENT.parse(source)
    except jinja2.TemplateError:  # no template: those were compiled before
        return []
    found = [(node.node, node.attr) for node in tree.find_all(nodes.Getattr)]
    found += [(node.node, node.arg.value) for node in tree.find_all(nodes.Getitem) if isinstance(node.arg, nodes.Const)]
    return [str(name) for of, name in found if isinstance(of, nodes.Name) and of.name == "secrets"]


SendingTemplate = Annotated[str, AfterValidator(lambda source: checked(source, SENDING))]
AnswerTemplate = Annotated[str, AfterValidator(lambda source: checked(source, ANSWERS))]
IncomingTemplate = Annotated[str, AfterValidator(lambda source: checked(source, INCOMING))]
SignedTemplate = Annotated[str, AfterValidator(lambda source: checked(source, SIGNED))]
SendingTree = Annotated[dict[str, Any], AfterValidator(lambda tree: checked_tree(tree, SENDING))]
