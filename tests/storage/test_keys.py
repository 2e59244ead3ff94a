"""The key file, and what it seals."""

import json
import multiprocessing
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import StorageUnusable
from bot.storage.keys import Keyring

KEYRING = Keyring.fresh()
ANY_TEXT = st.text(st.characters(), max_size=200)


@given(ANY_TEXT)
def test_what_was_sealed_opens_again_also_broken_characters(text):
    assert KEYRING.open(KEYRING.seal(text)) == text


def test_the_same_text_is_sealed_differently_each_time():
    assert len({KEYRING.seal("090-1234-5678") for _ in range(50)}) == 50


@given(st.text(max_size=40), st.data())
def test_a_sealed_value_that_was_changed_or_cut_is_refused(text, data):
    sealed = bytearray(KEYRING.seal(text))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(sealed), KEYRING.seal(text)[: data.draw(st.integers(0, len(sealed) - 1))]):
        with pytest.raises(StorageUnusable):
            KEYRING.open(damaged)


def test_another_key_opens_nothing_and_finds_nothing():
    other = Keyring.fresh()
    with pytest.raises(StorageUnusable, match="does not belong"):
        other.open(KEYRING.seal("山田 太郎"))
    assert other.lookup("+819012345678") != KEYRING.lookup("+819012345678")


def test_values_of_an_earlier_key_can_still_be_read():
    old, new = b"1" * 32, b"2" * 32
    before = Keyring({1: old}, 1, b"lookup")
    after = Keyring({1: old, 2: new}, 2, b"lookup")
    assert after.open(before.seal("山田 太郎")) == "山田 太郎"
    assert after.lookup("+819012345678") == before.lookup("+819012345678")
    with pytest.raises(StorageUnusable):
        before.open(after.seal("山田 太郎"))


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "new" / "keys.json"
    sealed = Keyring.load_or_create(path).seal("山田 太郎")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]
    content = path.read_bytes()
    assert Keyring.load_or_create(path).open(sealed) == "山田 太郎"
    assert path.read_bytes() == content


def _make_keys(path, barrier):
    barrier.wait(timeout=30)
    Keyring.load_or_create(path)


def test_processes_that_start_at_once_agree_on_one_key_file(tmp_path):
    path = tmp_path / "keys.json"
    barrier = multiprocessing.get_context("fork").Barrier(4)
    children = [multiprocessing.get_context("fork").Process(target=_make_keys, args=(path, barrier)) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join(timeout=30)
    assert [child.exitcode for child in children] == [0, 0, 0, 0]
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


GOOD = {"keys": {"1": "A" * 43 + "="}, "active": 1, "lookup": "AAAA"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'"keys"',
        json.dumps({**GOOD, "keys": []}).encode(),
        json.dumps({**GOOD, "keys": {"one": GOOD["keys"]["1"]}}).encode(),
        json.dumps({**GOOD, "keys": {"1": "c2hvcnQ="}}).encode(),
        json.dumps({**GOOD, "keys": {"1": None}}).encode(),
        json.dumps({**GOOD, "keys": {"1": "日本"}}).encode(),
        json.dumps({**GOOD, "active": 2}).encode(),
        json.dumps({**GOOD, "active": None}).encode(),
        json.dumps({**GOOD, "lookup": 5}).encode(),
        json.dumps({"keys": GOOD["keys"], "active": 1}).encode(),
    ],
)
def test_a_broken_key_file_is_named_and_left_alone(tmp_path, content):
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    with pytest.raises(StorageUnusable, match=r"keys\.json"):
        Keyring.load_or_create(path).seal("山田 太郎")
    assert path.read_bytes() == content


def test_the_form_of_a_good_key_file_is_as_above(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(GOOD))
    assert Keyring.load_or_create(path).seal("山田 太郎")


def test_a_place_where_no_key_file_can_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageUnusable, match="cannot be made"):
        Keyring.load_or_create(tmp_path / "file" / "keys.json")
