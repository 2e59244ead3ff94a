"""Keywords and yes or no: they are looked for only in replies that begin as they do, and none is lost by that."""

from __future__ import annotations

import pytest

from bot.reading.answers import _begun, _cores, _plain, read_keyword
from bot.reading.normalise import normalise
from bot.training import load_labelled
from tests.reading.conftest import LEXICON


def test_no_answer_is_left_out_by_how_a_reply_begins(reader):
    replies = {normalise(row["text"]).text for row in load_labelled(LEXICON)[::5]}
    for book in reader._shelf.books:
        lexicon = book.open()
        for text in sorted(replies):
            if plain := _plain(text, lexicon):
                begun, cores = _begun(plain, lexicon), _cores(plain, lexicon)
                for name, pattern in lexicon.alone.items():
                    assert not (cores.are(pattern) and lexicon.starts[name].isdisjoint(begun)), (text, name)


@pytest.mark.parametrize("text", ["てい し", "ストーップ", "お願いします 停止", "STOP STOP", "please stop", "s t o p"])
def test_a_keyword_is_known_with_courtesy_stretched_and_spaced(reader, text):
    plain = normalise(text)
    assert read_keyword(plain, [book.open() for book in reader._shelf.books]) == "opt_out"
