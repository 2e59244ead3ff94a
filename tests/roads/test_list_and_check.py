"""``mimamori gateway list`` and ``check``: every account, and what is wrong with it before the first text."""

import pytest

from bot.gateways.registry import kinds
from bot.roads.checking import about_all, problems_of, warnings_of
from bot.roads.folder import find_accounts
from bot.settings import Settings
from tests.gateways.kit import provider, says
from tests.roads.conftest import KEY


def test_the_list_tells_kind_sender_abilities_and_the_addresses_for_the_provider(put, gateway):
    put("main")
    code, told = gateway("list")
    assert code == 0
    for words in ("main", "kannel", "+815055550100", "双方向", "配信結果",
                  "https://sms.city.sakura.lg.jp/webhook/kannel/main",
                  "https://sms.city.sakura.lg.jp/webhook/kannel/main/receipts", "差出人の確認"):  # fmt: skip
        assert words in told
    assert KEY not in told


def test_a_broken_file_hides_no_other_and_is_named_with_its_key(put, gateway):
    put("main")
    put("other", rate="many")
    code, told = gateway("list")
    assert code == 1
    assert "+815055550100" in told
    assert "other.toml の rate が正しくありません" in told


def test_an_empty_folder_says_what_to_do_next(gateway):
    for command in ("list", "check"):
        code, told = gateway(command)
        assert "config/gateways" in told
        assert code == (command == "check")


@pytest.mark.parametrize("command", ["list", "check", "status"])
def test_without_a_folder_it_says_which_setting_is_missing(folder, command):
    from typer.testing import CliRunner

    from bot.cli import app

    done = CliRunner().invoke(app, ["gateway", command])
    assert done.exit_code == 1
    assert "--folder" in str(done.exception)


@pytest.mark.parametrize(
    "given, said",
    [
        ({"public_url": "https://sms.example.jp"}, "public_url が見本のままです"),
        ({"public_url": "http://sms.city.sakura.lg.jp"}, "https が要ります"),
        ({"public_url": "https://sms.city.sakura.lg.jp/webhook/kannel"}, "/webhook は書きません"),
        ({"sender": "+815012345678"}, "sender が見本のままです"),
        ({"password": "file:/nowhere"}, "password が正しくありません"),
        ({"password": "env:NOT_THERE"}, "NOT_THERE is not set"),
        ({"password": "opensesame"}, "never the secret itself"),
        ({"kind": "pigeon"}, "ゲートウェイの種類 pigeon はありません"),
        ({"unheard_of": 1}, "unheard_of"),
        ({"prefixes": ["+8190"]}, "どの経路にも条件"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_and_the_exit_code_is_1(put, gateway, given, said):
    put("main", **given)
    code, told = gateway("check")
    assert code == 1
    assert said in told
    assert "✘" in told


@pytest.mark.parametrize(
    "password, ja, en",
    [
        ("env:NOT_THERE", "環境変数 NOT_THERE がないか、空です", "NOT_THERE is not set or empty"),
        ("file:/nowhere", "/nowhere を読めません", "cannot read /nowhere"),
        ("opensesame", "秘密そのものは書きません", "never the secret itself"),
    ],
)
def test_what_is_wrong_with_a_secret_is_said_in_both_languages(put, gateway, password, ja, en):
    put("main", password=password)
    told = gateway("check")[1]
    assert ja in told
    assert en in told
    assert "Value error" not in told
    assert "opensesame" not in told


def test_a_secret_that_everybody_may_read_is_told(put, gateway, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("opensesame-1")
    secret.chmod(0o644)
    put("main", password=f"file:{secret}")
    assert "chmod 600" in gateway("check")[1]
    secret.chmod(0o600)
    assert "chmod 600" not in gateway("check")[1]


async def test_an_account_file_that_everybody_may_read_is_a_warning_and_no_fault(put, folder, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("opensesame-1")
    secret.chmod(0o600)
    put("main", password=f"file:{secret}")
    folder.chmod(0o755)
    (found,) = find_accounts(Settings(), folder)
    for mode, number in ((0o644, 1), (0o640, 0)):
        found.file.chmod(mode)
        assert len(warnings_of(found)) == number
    found.file.chmod(0o644)
    folder.chmod(0o750)
    assert warnings_of(found) == []
    assert not any("main.toml" in ja for ja, _ in await problems_of(found))


SANDBOX = {"kind": "sandbox", "sender": "+815055550100", "url": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    "money, prices, said",
    [
        ("0", [(0, "JPY")], ""),
        ("5000", [(3.3, "JPY")], ""),
        ("5000", [(0, "JPY"), (0, "JPY")], "sandbox/a, sandbox/b"),
        ("5000", [(0.05, "USD")], "never stops anything"),
        ("5000", [(3.3, "JPY"), (0, "JPY")], "its texts are not counted"),
    ],
)
def test_a_budget_of_money_that_no_price_can_use_up_is_a_warning(put, gateway, monkeypatch, money, prices, said):
    monkeypatch.setenv("MIMAMORI_BUDGET_MONEY", money)
    for name, (price, currency) in zip("ab", prices, strict=False):
        put(name, **SANDBOX, price=price, currency=currency)
    code, told = gateway("check")
    assert ("budget_money" in told) is bool(said)
    assert said in told
    assert code == 0, "a warning, since some providers tell their prices themselves"


def test_two_files_of_one_account_are_told(put, gateway):
    put("one", account="same")
    put("two", account="same")
    assert "kannel/same が2つあります" in gateway("check")[1]


def test_one_account_can_be_checked_alone_and_an_unknown_one_is_named_with_those_that_there_are(put, gateway):
    put("main")
    put("other", rate="many")
    assert "other" not in gateway("check", "main")[1]
    code, told = gateway("check", "third")
    assert code == 1
    assert "main, other" in told


async def test_an_account_that_is_well_has_no_problems(put, folder):
    async with provider(says(200)) as (url, _):
        put("main", kind="sandbox", sender="+815055550100", url=url)
        found = find_accounts(Settings(), folder)
        assert [await problems_of(item) for item in found] == [[]]
        assert about_all(found) == []


async def test_a_provider_that_is_away_is_told_and_does_not_hide_the_others(put, folder):
    put("main")
    (found,) = find_accounts(Settings(), folder)
    assert await problems_of(found)


def test_no_secret_is_ever_shown(put, gateway):
    put("main")
    put("other", sender="+815012345678")
    for command in (["list"], ["check"], ["try", "main"]):
        told = gateway(*command)[1]
        assert "opensesame-1" not in told
        assert KEY not in told


def test_every_kind_is_known_by_its_file():
    assert {"kannel", "sandbox"} <= set(kinds())
