"""``mimamori gateway check``: what is wrong with an account before the first text."""

from __future__ import annotations

import asyncio
import re
import stat
import tomllib
from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.domain.gateway import road_of
from bot.settings import shipped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bot.domain.budget import Budget
    from bot.gateways.base import BaseGateway
    from bot.roads.folder import Found

_SECONDS = 30
_EXAMPLE = re.compile(
    r"(^|[./@])example\.(com|org|net|jp|co\.jp)\b|\.(example|invalid|test)\b|\b(192\.0\.2|198\.51\.100|203\.0\.113)\.",
    re.IGNORECASE,
)
_ZEROS = re.compile(r"^[A-Za-z]*0{12,}$")

Sentence = tuple[str, str]
"""Japanese, English."""


async def problems_of(found: Found) -> list[Sentence]:
    """All that is wrong with one account; [] if it is well. Nothing is sent."""
    if found.gateway is None:
        return [(found.error.ja, found.error.en)] if found.error else []
    problems = [*_addresses(found.gateway), *_left_over(found.gateway), *_files(found.file)]
    return problems + await _own(found.gateway)


def about_all(found: Sequence[Found]) -> list[Sentence]:
    """What is wrong with the accounts together."""
    gateways = [item.gateway for item in found if item.gateway is not None]
    problems = _twice(gateways)
    sending = [gateway.mine for gateway in gateways if gateway.abilities.sends]
    if sending and all(mine.offices or mine.prefixes or mine.kinds or mine.languages for mine in sending):
        problems.append((
            "どの経路にも条件(offices・prefixes・kinds・languages)があります。条件のない経路がないと、送れないSMSがありえます。",
            "Every road has conditions (offices, prefixes, kinds, languages): let one be without, for the rest.",
        ))  # fmt: skip
    if not sending:
        problems.append(("送れる経路がありません。", "No road can send."))
    return problems


def about_budget(budget: Budget, found: Sequence[Found]) -> list[Sentence]:
    """Roads whose texts a budget of money never counts: no price, or one in another currency."""
    gateways = [item.gateway for item in found if item.gateway is not None and item.gateway.abilities.sends]
    free = [road_of(gateway) for gateway in gateways
            if not gateway.mine.price or gateway.mine.currency != budget.currency]  # fmt: skip
    if not budget.money or not free:
        return []
    names, every = ", ".join(free), len(free) == len(gateways)
    ja = "予算では決して止まりません" if every else "この経路のSMSは数えられません"
    en = "the budget never stops anything" if every else "its texts are not counted"
    told = (
        f"{names} の price が0か、通貨が {budget.currency} でないので、事業者が料金を言わないかぎり、"
        f"budget_money の{ja}。price を契約どおりに書くか、budget_segments を使ってください。"
    )
    english = (
        f"{names} has price 0, or another currency than {budget.currency}. Unless the provider tells a price, {en} "
        "(budget_money). Write the price of your contract, or use budget_segments."
    )
    return [(told, english)]


def _twice(gateways: Sequence[BaseGateway[Any]]) -> list[Sentence]:
    roads = [road_of(gateway) for gateway in gateways]
    return [
        (f"{road} が2つあります。", f"There are two of {road}.")
        for road in sorted({road for road in roads if roads.count(road) > 1})
    ]


async def _own(gateway: BaseGateway[Any]) -> list[Sentence]:
    """What the gateway itself finds, with a time limit."""
    try:
        said = await asyncio.wait_for(gateway.check(), _SECONDS)
    except TimeoutError:
        return [(f"{_SECONDS}秒待っても答えがありません。", f"No answer within {_SECONDS} seconds.")]
    except Exception as error:  # noqa: BLE001  # whatever it is, the operator hears of it and the others are checked
        kind = type(error).__name__
        return [(f"確かめられませんでした({kind})。", f"It could not be checked ({kind}).")]
    finally:
        await gateway.close()
    return [_two(sentence) for sentence in said]


def _two(sentence: str) -> Sentence:
    japanese, _, english = sentence.partition(" / ")
    return japanese, english


def _addresses(gateway: BaseGateway[Any]) -> Iterator[Sentence]:
    """Providers that call us need an address; outside this network only with HTTPS."""
    mine, can = gateway.mine, gateway.abilities
    if can.standing or not (can.two_way or can.receipts) or gateway.name == "sandbox":
        return
    parts = urlsplit(mine.public_url)
    if not mine.public_url:
        yield _NO_URL
    elif parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        yield "public_url は https://ホスト名 の形で書いてください。", "public_url must look like https://host."
    elif parts.scheme == "http" and not _inside(parts.hostname):
        yield _NO_HTTPS
    elif parts.path.startswith("/webhook"):
        yield "public_url に /webhook は書きません(自動で付きます)。", "Leave /webhook out of public_url; it is added."


_NO_URL = (
    "public_url がありません。事業者から見たこの施設のアドレスを書いてください。",
    "public_url is missing: the address of this installation as the provider sees it.",
)
_NO_HTTPS = (
    "public_url が http です。外から届く経路には https が要ります。",
    "public_url is http: what comes from outside needs https.",
)


def _inside(host: str) -> bool:
    """A machine of our own network, by its address or a name without a dot."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".internal", ".lan"))


def _left_over(gateway: BaseGateway[Any]) -> Iterator[Sentence]:
    """Values of the example that nobody has changed."""
    example = _example_of(gateway.name)
    for place, value in _strings(gateway.mine.model_dump()):
        same = place == "sender" and value == example.get("sender") and gateway.abilities.sends
        if _EXAMPLE.search(value) or _ZEROS.match(value) or same:
            yield f"{place} が見本のままです({value})。", f"{place} is still the example's ({value})."


def _strings(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Each text in the settings with its key; secrets are not looked at."""
    if isinstance(value, SecretStr):
        return
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _strings(item, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _strings(item, place)
    elif isinstance(value, str):
        yield place, value


def _example_of(kind: str) -> dict[str, Any]:
    file = shipped("config") / "gateways" / f"{kind}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def warnings_of(found: Found) -> list[Sentence]:
    """What is not wrong, but not well either."""
    file = found.file
    if file is None or found.gateway is None or not _open_to_all(file):
        return []
    if not any(value.startswith("file:") for _, value in _strings(tomllib.loads(file.read_text(encoding="utf-8")))):
        return []
    return [(
        f"{file} をだれでも読めます(秘密のファイルの場所が書いてあります)。chmod 640 か、フォルダーを chmod 750 に。",
        f"Everybody may read {file}, which tells where secrets are: chmod 640 it, or chmod 750 its folder.",
    )]  # fmt: skip


def _open_to_all(file: Path) -> bool:
    reachable = file.parent.stat().st_mode & stat.S_IXOTH
    return bool(reachable and file.stat().st_mode & stat.S_IROTH)


def _files(file: Path | None) -> Iterator[Sentence]:
    """Files of secrets that everybody on the machine may read."""
    if file is None:
        return
    for place, value in _strings(tomllib.loads(file.read_text(encoding="utf-8"))):
        kind, _, where = value.partition(":")
        if kind == "file" and where.startswith("/"):
            mode = (file.parent / where).stat().st_mode
            if mode & stat.S_IROTH:
                yield (
                    f"{place} のファイル {where} をだれでも読めます。chmod 600 にしてください。",
                    f"Everybody may read {where}, the file of {place}: chmod 600 it.",
                )
