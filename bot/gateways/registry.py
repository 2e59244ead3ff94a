"""Finds gateways by the names of their files, and makes one for each account in the operator's folder."""

from __future__ import annotations

import inspect
import pkgutil
import tomllib
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

import bot.gateways
from bot.domain.errors import SettingsError
from bot.gateways.account import wrong_setting
from bot.gateways.base import BaseGateway

if TYPE_CHECKING:
    from pathlib import Path

_SHARED = frozenset({"account", "base", "registry"})


def kinds() -> list[str]:
    """The gateways that there are, without loading them."""
    found = [module.name for module in pkgutil.iter_modules(bot.gateways.__path__) if not module.ispkg]
    return sorted(name for name in found if name not in _SHARED and "_" not in name)


def gateway_class(kind: str) -> type[BaseGateway[Any]]:
    """The one gateway in the file of that name; raises SettingsError where there is none."""
    if kind not in kinds():
        known = ", ".join(kinds())
        raise SettingsError(
            f"ゲートウェイの種類 {kind} はありません。あるもの: {known}",
            f"There is no gateway {kind}. There are: {known}",
            field="kind",
        )
    module = import_module(f"bot.gateways.{kind}")
    own = [item for _, item in inspect.getmembers(module, inspect.isclass) if item.__module__ == module.__name__]
    (found,) = (item for item in own if issubclass(item, BaseGateway) and not item.__name__.startswith("_"))
    return found


def load_accounts(folder: Path) -> list[BaseGateway[Any]]:
    """A gateway for each ``*.toml`` in the folder, by ``order``; raises SettingsError naming file and setting."""
    gateways = [load_account(file) for file in sorted(folder.glob("*.toml"))]
    return sorted(gateways, key=lambda gateway: (gateway.mine.order, gateway.account))


def load_account(file: Path) -> BaseGateway[Any]:
    """The gateway of one file; the file's name is the account's."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file} を読めません: {error}", f"Cannot read {file}: {error}") from None
    try:
        kind = gateway_class(str(data.get("kind", "")))
        return kind(kind.settings.model_validate({"account": file.stem, **data}))
    except ValidationError as error:
        raise wrong_setting(file, error) from None
    except SettingsError as error:  # what only the gateway itself can see
        raise SettingsError(f"{file}: {error.ja}", f"{file}: {error.en}", field=error.field) from None
