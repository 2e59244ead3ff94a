"""Settings: each can be given in a file and in the environment, and a wrong one is named."""

from datetime import time
from pathlib import Path

import pytest

from bot.domain.errors import SettingsError
from bot.settings import PREFIX, Settings, load_settings, shipped


def load(file=None, environ=None, **given):
    return load_settings(file, environ or {}, **given)


def refused(file=None, environ=None, **given):
    with pytest.raises(SettingsError) as refusal:
        load(file, environ, **given)
    for sentence in (refusal.value.ja, refusal.value.en):
        assert "\n" not in sentence
        assert "pydantic" not in sentence
    return refusal.value


@pytest.fixture
def toml(tmp_path):
    def write(content):
        path = tmp_path / "mimamori.toml"
        path.write_text(content, encoding="utf-8")
        return path

    return write


def test_nothing_needs_to_be_set():
    assert load() == Settings()
    assert shipped("conversations").is_dir()


def test_the_example_in_config_is_valid():
    assert load(shipped("config") / "mimamori.toml") is not None


def test_the_environment_outdoes_the_file_and_what_is_given_outdoes_both(toml):
    path = toml('port = 1\ncenter_name = "みどり保健所"\nquiet_from = "20:30"')
    assert load(path).port == 1
    assert load(path, {"MIMAMORI_PORT": "2"}).port == 2
    assert load(path, {"MIMAMORI_PORT": "2"}, port=3).port == 3
    assert load(path, {"MIMAMORI_PORT": "2"}, port=None).port == 2
    assert load(path).office.name == "みどり保健所"
    assert load(path).office.quiet.start == time(20, 30)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_each_setting_can_be_given_in_the_environment(name):
    default = getattr(Settings(), name)
    value = "" if default is None else str(default)
    assert getattr(load(environ={f"{PREFIX}{name.upper()}": value}), name) == default


@pytest.mark.parametrize(
    "name, value",
    [
        ("port", "eighty"),
        ("port", "70000"),
        ("port", "-1"),
        ("timezone", "Mars/Base"),
        ("quiet_from", "25:00"),
        ("quiet_until", "morning"),
        ("center_phone", "by pigeon"),
        ("center_name", ""),
        ("center_name", "保健所" * 20),
        ("sender", "Mimamori"),
        ("database_url", "mysql://localhost/mimamori"),
        ("max_request_bytes", "10"),
        ("secure_cookies", "perhaps"),
        ("log_level", "loud"),
    ],
)
def test_a_wrong_setting_is_named_wherever_it_comes_from(toml, name, value):
    for error in (refused(environ={f"{PREFIX}{name.upper()}": value}), refused(toml(f'{name} = "{value}"'))):
        assert error.field == name
        for sentence in (error.ja, error.en):
            assert name in sentence
            assert f"{PREFIX}{name.upper()}" in sentence


def test_a_setting_that_does_not_exist_is_named(toml):
    for error in (
        refused(environ={"MIMAMORI_PROT": "8080"}),
        refused(toml("prot = 8080")),
        refused(toml("[prot]\nx = 1")),
    ):
        assert error.field == "prot"
        assert "no such setting" in error.en


@pytest.mark.parametrize("content", ["port = ", "port 8080", '"""', "port = 1\nport = 2"])
def test_a_file_that_is_no_toml_is_named(toml, content):
    path = toml(content)
    assert str(path) in refused(path).en


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    latin = tmp_path / "latin.toml"
    latin.write_bytes('center_name = "Büro"'.encode("latin-1"))
    for path in (tmp_path / "missing.toml", tmp_path, latin):
        assert str(path) in refused(path).en


def test_other_names_in_the_environment_are_left_alone():
    environ = {
        "MIMAMORI_CONFIG": "x.toml",
        "MIMAMORI_TEST_POSTGRES": "x",
        "PORT": "1",
        "mimamori_port": "1",
        "HOME": "/",
    }
    assert load(environ=environ) == Settings()


def test_database_and_keys_are_in_the_data_folder_unless_named(tmp_path):
    settings = load(data_dir=tmp_path)
    assert settings.database == f"sqlite:///{tmp_path / 'mimamori.sqlite3'}"
    assert settings.keys == tmp_path / "keys.json"
    named = load(data_dir=tmp_path, key_file="/keys/k.json", database_url="postgresql+asyncpg://localhost/m")
    assert named.keys == Path("/keys/k.json")
    assert named.database == "postgresql+asyncpg://localhost/m"
