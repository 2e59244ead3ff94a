"""The operator's folder of gateways, file by file: a broken one hides none of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.domain.errors import MimamoriError, NotFound, SettingsError
from bot.gateways.registry import load_account
from bot.gateways.sandbox import SandboxGateway

if TYPE_CHECKING:
    from pathlib import Path

    from bot.gateways.base import BaseGateway
    from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Found:
    """A file and its gateway, or what is wrong with the file; the sandbox has no file."""

    file: Path | None
    gateway: BaseGateway[Any] | None = None
    error: MimamoriError | None = None

    @property
    def name(self) -> str:
        """As people call it."""
        if self.gateway is not None:
            return self.gateway.account
        return self.file.stem if self.file else "?"


def find_accounts(settings: Settings, folder: Path | None) -> list[Found]:
    """Every account, in the order of the roads, broken files last; raises SettingsError where there is no folder."""
    where = folder or settings.gateways
    if where is None and not settings.carrier_url:
        raise SettingsError(
            "経路のフォルダーが決まっていません。設定 gateways か --folder で決めてください(見本は config/gateways)。",
            "There is no folder of gateways: use the setting gateways or --folder (examples are in config/gateways).",
            field="gateways",
        )
    if where is not None and not where.is_dir():
        raise SettingsError(f"フォルダー {where} がありません。", f"There is no folder {where}.", field="gateways")
    found = [_load(file) for file in sorted(where.glob("*.toml"))] if where is not None else []
    if settings.carrier_url:
        found.append(Found(None, SandboxGateway.at(settings.carrier_url, settings.sender)))
    return sorted(found, key=_place)


def one_account(settings: Settings, folder: Path | None, name: str) -> BaseGateway[Any]:
    """The gateway of an account (``main`` or ``kannel/main``); raises what is wrong with its file, or NotFound."""
    found = find_accounts(settings, folder)
    for item in found:
        if name in (item.name, f"{item.gateway.name}/{item.name}" if item.gateway else None):
            if item.error is not None:
                raise item.error
            if item.gateway is not None:
                return item.gateway
    there = ", ".join(item.name for item in found) or "-"
    raise NotFound(
        f"アカウント {name} はありません。あるもの: {there}", f"There is no account {name}. There are: {there}",
        field="account",
    )  # fmt: skip


def _load(file: Path) -> Found:
    try:
        return Found(file, load_account(file))
    except MimamoriError as error:
        return Found(file, error=error)


def _place(found: Found) -> tuple[bool, int, str]:
    order = found.gateway.mine.order if found.gateway else 0
    return found.gateway is None, order, found.name
