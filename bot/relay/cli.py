"""``mimamori relay keys`` and ``mimamori relay status``; the relay itself is run by ``bot/cli.py``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from bot.domain.errors import SettingsError

app = typer.Typer(help="中継: 外に立ち、届いた要求に封をして預かる / The relay outside", invoke_without_command=True)
File = Annotated[Path, typer.Option("--config", "-c", help="中継の設定ファイル / The relay's settings (TOML)")]


@app.command()
def keys(
    folder: Annotated[Path, typer.Argument(help="鍵を置くフォルダー / Folder for the keys")],
) -> None:
    """鍵を作る。inside.key は中だけに、relay.key は中継だけに / Make the keys of both sides."""
    from bot.gateways.relay_seal import new_keys  # noqa: PLC0415  # only making keys needs cryptography

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    there = [name for name in ("inside.key", "relay.key") if (folder / name).exists()]
    if there:
        raise SettingsError(
            f"{folder} には {there[0]} がもうあります。別のフォルダーを指定してください。",
            f"{folder} has {there[0]} already. Choose another folder.", field="folder",
        )  # fmt: skip
    for name, text in new_keys().items():
        mode = 0o600 if name.endswith(".key") else 0o644
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
            file.write(f"{text}\n")
        typer.echo(f"{folder / name}" + ("" if name.endswith(".key") else f"  {text}"))
    typer.echo(
        "inside.key は中(mimamori serve の機械)だけに、relay.key は中継だけに置いてください。"
        "inside.pub を中継の inside に、relay.pub を中の relay に書きます。\n"
        "Keep inside.key inside only and relay.key at the relay only. inside.pub goes into the relay's setting inside, "
        "relay.pub into the inside's setting relay."
    )


@app.command()
def status(config: File) -> None:
    """いくつ待っているか / How much waits."""
    from bot.relay.run import status_lines  # noqa: PLC0415  # keys needs none of it
    from bot.relay.settings import load_relay  # noqa: PLC0415  # as above

    for line in status_lines(load_relay(config)):
        typer.echo(line)
