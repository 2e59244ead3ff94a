"""The operator's folder of gateways: one account for each file, and a fault is named."""

import pytest

from bot.domain.errors import SettingsError
from bot.service import gateways_of
from bot.settings import load_settings

SANDBOX = 'kind = "sandbox"\nsender = "+815000000000"\nurl = "http://127.0.0.1:9"\n'


@pytest.fixture
def folder(tmp_path):
    def write(**files):
        for name, content in files.items():
            (tmp_path / f"{name}.toml").write_text(content, encoding="utf-8")
        return load_settings(None, {"MIMAMORI_GATEWAYS": str(tmp_path)})

    return write


def test_without_a_folder_and_a_carrier_there_is_no_gateway():
    assert dict(gateways_of(load_settings(None, {}))) == {}


def test_each_file_is_an_account_in_the_order_that_it_says(folder):
    found = gateways_of(folder(b=SANDBOX + "order = 2", a=SANDBOX + "order = 3", c=SANDBOX + "order = 1"))
    assert list(found) == [("sandbox", "c"), ("sandbox", "b"), ("sandbox", "a")]


def test_the_carrier_of_the_settings_comes_last(folder):
    settings = folder(a=SANDBOX).model_copy(update={"carrier_url": "http://127.0.0.1:8"})
    assert list(gateways_of(settings)) == [("sandbox", "a"), ("sandbox", "demo")]


@pytest.mark.parametrize(
    "files",
    [
        {"a": SANDBOX + 'account = "same"', "b": SANDBOX + 'account = "same"'},
        {"a": "kind = 'pigeon'"},
        {"a": SANDBOX + "colour = 1"},
        {"a": "kind = "},
    ],
)
def test_a_fault_in_the_folder_is_named(folder, files):
    with pytest.raises(SettingsError) as fault:
        gateways_of(folder(**files))
    assert fault.value.ja
    assert fault.value.en


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError) as fault:
        gateways_of(load_settings(None, {"MIMAMORI_GATEWAYS": str(tmp_path / "nowhere")}))
    assert "nowhere" in fault.value.en
    assert fault.value.field == "gateways"


def test_proxies_are_addresses_and_networks():
    assert len(load_settings(None, {"MIMAMORI_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8"}).proxies) == 2
    with pytest.raises(SettingsError) as fault:
        load_settings(None, {"MIMAMORI_TRUSTED_PROXIES": "the proxy"})
    assert fault.value.field == "trusted_proxies"


def test_what_only_the_gateway_itself_finds_wrong_is_told_with_the_file(folder, monkeypatch):
    monkeypatch.setenv("CSV_KEY", "short")
    with pytest.raises(SettingsError) as fault:
        gateways_of(folder(hand='kind = "csvfolder"\nsender = "0312345678"\nfolder = "x"\nkey = "env:CSV_KEY"\n'))
    assert "hand.toml" in fault.value.ja
    assert "hand.toml" in fault.value.en
    assert fault.value.field == "key"
