"""The numbers and names that a center's texts come from, as residents see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import phonenumbers

from bot.domain.phone import national

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.gateways.base import BaseGateway

_JAPAN = "+81"


@dataclass(frozen=True, slots=True)
class Shown:
    """``also`` is how some phones show the same number, "" where there is one way only; ``foreign``: not of Japan."""

    sender: str
    also: str
    foreign: bool
    two_way: bool


def senders_of(office: str, roads: Iterable[BaseGateway[Any]]) -> list[Shown]:
    """Each number that texts of that office come from once, in the order of the roads."""
    found: dict[str, Shown] = {}
    for road in roads:
        account = road.mine
        if not road.abilities.sends:
            continue
        if account.offices and office not in account.offices:
            continue
        for sender in (account.sender, *account.also_from):
            number = sender.removeprefix("+").isdecimal()  # nobody can answer a name
            shown = _shown(sender, two_way=road.abilities.two_way and number)
            known = found.get(shown.sender)
            found[shown.sender] = shown if known is None or shown.two_way else known
    return list(found.values())


def _shown(sender: str, *, two_way: bool) -> Shown:
    """A number as people here write it; names and short numbers as they are."""
    if not sender.startswith("+"):
        return Shown(sender, "", foreign=False, two_way=two_way)
    try:
        local = national(sender)
    except phonenumbers.NumberParseException:
        return Shown(sender, "", foreign=False, two_way=two_way)
    if sender.startswith(_JAPAN):
        return Shown(local, sender, foreign=False, two_way=two_way)
    whole = phonenumbers.format_number(phonenumbers.parse(sender, None), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return Shown(whole, "", foreign=True, two_way=two_way)
