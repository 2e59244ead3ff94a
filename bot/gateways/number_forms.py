"""Telephone numbers as providers want and give them; what is read here goes through ``parse_phone`` afterwards."""

from __future__ import annotations

import re

import phonenumbers

_JAPAN = "+81"
_DIGITS = re.compile(r"^\d{5,15}$")


def domestic(e164: str) -> str:
    """A Japanese number as it is dialled at home: ``+819012345678`` -> ``09012345678``; "" for any other country."""
    return f"0{e164.removeprefix(_JAPAN)}" if e164.startswith(_JAPAN) else ""


def without_plus(e164: str) -> str:
    """International digits: ``+819012345678`` -> ``819012345678``."""
    return e164.removeprefix("+")


def with_plus(number: str) -> str:
    """International digits as E.164: ``819012345678`` and ``00819012345678`` -> ``+819012345678``.

    Only for providers that give international digits: a number that begins with one 0 stays as it is, and so does a
    short code.
    """
    digits = number.removeprefix("00")
    if not _DIGITS.match(digits) or digits.startswith("0") or (digits == number and len(digits) <= 6):
        return number
    return f"+{digits}"


def is_same(one: str, other: str) -> bool:
    """Whether both are one number, however written; a name is the same as itself alone."""
    return any_to_e164(one).lstrip("+") == any_to_e164(other).lstrip("+")


def any_to_e164(text: str) -> str:
    """A number in whatever form it came, as E.164 where that is certain; otherwise as it came.

    ``090-1234-5678`` and ``8190…`` become ``+8190…``: digits that are no number in Japan but are one after a plus.
    """
    bare = re.sub(r"[\s().-]", "", text)
    for candidate in (bare, with_plus(bare)):
        try:
            number = phonenumbers.parse(candidate, "JP")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return text
