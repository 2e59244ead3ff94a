"""``mimamori gateway list | check | send-test | status | try | take | check-file``: the words of the commands.

What they do is in the other files: those load providers and the database, which other commands do without.
"""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.settings import load_settings

app = typer.Typer(help="SMSの経路(事業者のアカウント) / Roads: accounts at SMS providers", no_args_is_help=True)

Config = Annotated[
    Path | None, typer.Option("--config", envvar="MIMAMORI_CONFIG", help="設定ファイル / Settings file (TOML)")
]
Folder = Annotated[
    Path | None, typer.Option("--folder", help="経路のフォルダー(はじめは設定 gateways) / Folder of the accounts")
]
Account = Annotated[str, typer.Argument(help="アカウントの名前(ファイルの名前) / The account: its file's name")]
_TEST = "【テスト】Mimamori からの送信テストです。 This is a test."
_SAMPLE = "+819012345678"
_MOMENT = "%Y-%m-%dT%H:%M:%S%z"


@app.command("list")
def list_(folder: Folder = None, config: Config = None) -> None:
    """アカウントと、事業者に登録するアドレス / The accounts, and the addresses to give to each provider."""
    from bot.roads.overview import list_accounts  # noqa: PLC0415  # see above

    _end(well=list_accounts(load_settings(config, os.environ), folder))


@app.command()
def check(
    account: Annotated[str | None, typer.Argument(help="1つだけ確かめる / Check this one alone")] = None,
    folder: Folder = None,
    config: Config = None,
) -> None:
    """設定と接続を確かめる(何も送らない)。問題があれば終了コード1 / Check settings and connections; nothing is sent."""
    from bot.roads.overview import check_accounts  # noqa: PLC0415  # see above

    _end(well=asyncio.run(check_accounts(load_settings(config, os.environ), folder, account)))


@app.command("send-test")
def send_test(  # noqa: PLR0913  # a command's options
    account: Account,
    number: Annotated[
        str | None, typer.Argument(help="宛先(書かなければたずねる) / Number to send to; asked for where left out")
    ] = None,
    text: Annotated[str, typer.Option(help="送る文 / The text")] = _TEST,
    wait: Annotated[
        float, typer.Option(min=0, max=3600, help="配信結果を待つ秒数 / Seconds to wait for receipts")
    ] = 60,
    folder: Folder = None,
    config: Config = None,
    *,
    staff: Annotated[bool, typer.Option("--staff", help="職員の電話である / It is a phone of staff")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="番号の打ち直しを省く / Do not ask for the number again")] = False,
) -> None:
    """本物のSMSを1通送り、配信結果まで見届ける(料金がかかります) / Send one real text and follow it. It costs money."""
    from bot.roads.sending import Trial, send  # noqa: PLC0415  # see above

    settings = load_settings(config, os.environ)
    _end(well=asyncio.run(send(settings, folder, Trial(account, number, text, wait, staff=staff, sure=yes))))


@app.command()
def status(folder: Folder = None, config: Config = None) -> None:
    """経路の状態、この1時間の失敗、待っているSMS、保留した要求 / State, errors of the hour, waiting texts."""
    from bot.roads.overview import tell_status  # noqa: PLC0415  # see above

    asyncio.run(tell_status(load_settings(config, os.environ), folder))


@app.command("try")
def try_(  # noqa: PLR0913, PLR0917  # a command's options
    account: Account,
    request: Annotated[
        Path | None,
        typer.Option(help="届いた要求の見本(HTTPのまま。- は標準入力) / A sample request as HTTP; - is stdin"),
    ] = None,
    at: Annotated[datetime | None, typer.Option(formats=[_MOMENT], help="届いた時刻 / When it came")] = None,
    peer: Annotated[str, typer.Option(help="送ってきたアドレス / Address that it came from")] = "127.0.0.1",
    to: Annotated[str, typer.Option(help="見本の宛先(送りません) / Sample number; nothing is sent")] = _SAMPLE,
    text: Annotated[str, typer.Option(help="見本の文(送りません) / Sample text; nothing is sent")] = _TEST,
    folder: Folder = None,
    config: Config = None,
) -> None:
    """見本で試す(何も送らない): 届いた要求の読み取りか、送るときの要求 / Walk through a sample; nothing is sent."""
    from bot.roads.trying import try_request, try_sending  # noqa: PLC0415  # see above

    settings = load_settings(config, os.environ)
    if request is None:
        _end(well=asyncio.run(try_sending(settings, folder, account, to, text)))
    else:
        _end(well=asyncio.run(try_request(settings, folder, account, request, at, peer)))


@app.command()
def take(
    file: Annotated[Path, typer.Argument(help="事業者の画面から書き出したCSV / CSV exported from the vendor's screen")],
    account: Annotated[str, typer.Option(help="CSVの受け渡し(csvfolder)のアカウント / The CSV hand-off")],
    folder: Folder = None,
    config: Config = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="たずねずに取り込む / Do not ask")] = False,
) -> None:
    """CSVの受け渡し: 結果や返信の書き出しを、確かめてから取り込む / Take an export of results or replies."""
    from bot.roads.handoff import take_file  # noqa: PLC0415  # see above

    _end(well=asyncio.run(take_file(load_settings(config, os.environ), folder, account, file, sure=yes)))


@app.command("check-file")
def check_file(
    file: Annotated[Path, typer.Argument(help="運ぶCSV。確認用のファイルも同じ所に / The CSV, its manifest beside it")],
    public_key: Annotated[
        str, typer.Option(help="公開鍵。設定のない機械でも確かめられる(Ed25519のとき) / Public key, without settings")
    ] = "",
    folder: Folder = None,
    config: Config = None,
) -> None:
    """CSVの受け渡し: 運ぶファイルが作られたときのままか確かめる / Check that a file to carry is as it was made."""
    from bot.roads.handoff import check_file as checked  # noqa: PLC0415  # see above

    _end(well=checked(load_settings(config, os.environ), folder, file, public_key))


def _end(*, well: bool) -> None:
    if not well:
        raise typer.Exit(1)
