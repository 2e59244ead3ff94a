"""The command line: ``mimamori COMMAND``."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import structlog
import typer

import bot
from bot.domain.errors import MimamoriError
from bot.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Coroutine

app = typer.Typer(
    help="見守り Mimamori: 保健所の双方向SMS / two-way SMS for public health centers",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
staff_app = typer.Typer(help="職員のアカウント / Accounts of staff", no_args_is_help=True)

Config = Annotated[Path | None, typer.Option(envvar="MIMAMORI_CONFIG", help="設定ファイル / Settings file (TOML)")]


class Role(StrEnum):
    STAFF = "staff"
    MANAGER = "manager"
    ADMIN = "admin"


def main() -> None:
    """Run a command; what a person can mend is told in a sentence."""
    try:
        app()
    except MimamoriError as error:
        typer.echo(f"mimamori: {error.ja}\nmimamori: {error.en}", err=True)
        raise SystemExit(1) from None
    except OSError as error:  # a full disk, a share that went away: nothing here that a trace would mend
        place = f" {error.filename}" if error.filename else ""
        typer.echo(f"mimamori: 続けられません({error.strerror}){place}", err=True)
        typer.echo(f"mimamori: Cannot go on ({error.strerror}){place}", err=True)
        raise SystemExit(1) from None


@app.callback(invoke_without_command=True)
def _top(*, version: Annotated[bool, typer.Option("--version", help="版を表示 / Show the version")] = False) -> None:
    if version:
        typer.echo(f"mimamori {bot.__version__}")
        raise typer.Exit


@app.command()
def demo(
    data: Annotated[Path | None, typer.Option(help="データのフォルダー / Folder of the data")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="ポート / Port (loopback only)")] = 8080,
    config: Config = None,
    *,
    samples: Annotated[bool, typer.Option(help="見本の住民を入れる / Begin with sample residents")] = True,
) -> None:
    """デモ: 見本の住民、模擬電話、職員画面 / Sample residents, simulated phones and the console."""
    from bot.demo import run_demo  # noqa: PLC0415  # other commands start faster without the server

    settings = load_settings(config, os.environ)
    folder = data or settings.data_dir / "demo"
    _serve(run_demo(settings, folder, port, samples=samples, ready=_say_ready), settings.log_level)


def _say_ready(port: int) -> None:
    from bot.storage.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD  # noqa: PLC0415  # see run_demo

    base = f"http://127.0.0.1:{port}"
    logins = ", ".join(account.login for account in DEMO_ACCOUNTS)
    typer.echo(
        f"見守り Mimamori {bot.__version__}\n\n"
        f"  模擬電話 Phones    {base}/demo/\n"
        f"  職員画面 Console   {base}/console/\n"
        f"  アカウント Accounts {logins}  (パスワード password: {DEMO_PASSWORD})\n\n"
        "Ctrl-C で終わります / Ctrl-C stops it. Ready."
    )
    sys.stdout.flush()


@staff_app.command("add")
def staff_add(
    login: Annotated[str, typer.Argument(help="ログイン名 / Login")],
    name: Annotated[str, typer.Argument(help="表示名 / Name shown")],
    role: Annotated[Role, typer.Option(help="役割 / Role")] = Role.STAFF,
    config: Config = None,
) -> None:
    """アカウントを作る(パスワードは標準入力) / Make an account; the password is asked for."""
    from bot.serve import add_staff  # noqa: PLC0415  # see run_demo

    password = typer.prompt("パスワード / Password", hide_input=True, confirmation_prompt=True)
    asyncio.run(add_staff(load_settings(config, os.environ), login, name, role.value, password))
    typer.echo(f"{login} ({role.value}) を作りました / made")


@app.command()
def serve(
    config: Config = None,
) -> None:
    """本番として動かす / Run an installation with its settings."""
    from bot.serve import run_server  # noqa: PLC0415  # see run_demo

    settings = load_settings(config, os.environ)
    _serve(run_server(settings, ready=_say_serving), settings.log_level)


def _say_serving(base: str, can_send: bool) -> None:  # noqa: FBT001  # a callback's argument
    typer.echo(f"mimamori: {base} Ready.")
    if not can_send:
        typer.echo(
            "mimamori: まだ、SMSを送れる経路がありません。docs/gateways.md を見て、設定 gateways のフォルダーに"
            "アカウントを書き、起動し直してください。\n"
            "mimamori: No road can send texts yet. See docs/gateways.md, write an account into the folder of the "
            "setting gateways, and restart."
        )
    sys.stdout.flush()


def _serve(server: Coroutine[object, object, None], log_level: str) -> None:
    _log_plainly(log_level)
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_until_told(server))


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # noqa: PLC0415  # optional: not on every platform
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def _until_told(server: Coroutine[object, object, None]) -> None:
    """Stop in good order at SIGTERM and Ctrl-C."""
    task = asyncio.ensure_future(server)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        typer.echo("mimamori: 終了しました / stopped", err=True)


def _log_plainly(level: str) -> None:
    """JSON lines on standard error; never a phone number, a name or a text."""
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _relay(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="中継の設定ファイル / The relay's settings (TOML)")
    ] = None,
) -> None:
    """中継: 外に立ち、届いた要求に封をして預かる / The relay: stands outside and keeps requests sealed."""
    if context.invoked_subcommand is not None:
        return
    if config is None:
        raise typer.BadParameter("--config を指定してください / Give --config")
    from bot.relay.run import run_relay  # noqa: PLC0415  # other commands start faster without the server
    from bot.relay.settings import load_relay  # noqa: PLC0415  # as above

    settings = load_relay(config)
    _serve(run_relay(settings, ready=lambda base: typer.echo(f"mimamori relay: {base} Ready.")), settings.log_level)


def _mount() -> None:
    from bot.bench.cli import app as bench_app  # noqa: PLC0415  # --version and errors need none of these
    from bot.bench.cli import soak  # noqa: PLC0415  # see above
    from bot.relay.cli import app as relay_app  # noqa: PLC0415  # see above
    from bot.roads.cli import app as gateway_app  # noqa: PLC0415  # see above
    from bot.scripts.cli import app as script_app  # noqa: PLC0415  # see above
    from bot.triage import app as triage_app  # noqa: PLC0415  # see above

    app.add_typer(triage_app, name="triage")
    app.add_typer(staff_app, name="staff")
    app.add_typer(bench_app, name="bench")
    app.command()(soak)
    relay_app.callback(invoke_without_command=True)(_relay)
    app.add_typer(relay_app, name="relay")
    app.add_typer(gateway_app, name="gateway")
    app.add_typer(script_app, name="script", help="会話の台本 / Conversation scripts")


_mount()
