"""Whatever somebody writes into a text: it is refused with a sentence, or it renders quickly to a short text."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.scripts.templates import MAX_OUTPUT, MAX_SOURCE, VARIABLES, TemplateRefused, compile_template, flaws

VALUES = dict.fromkeys(VARIABLES, "あいう") | {"name": "", "understood": "2 昨日と同じか軽い、37.8度"}

SIGNS = r"""{{ }} {% %} {# #} | . [ ] ( ) ~ * ** + - / // % , : ' " = == < > 1 0 999999999 'a' あ"""
WORDS = """if elif else endif for in endfor set macro endmacro call import include extends block endblock raw
endraw filter endfilter with endwith is not and or defined self loop range lipsum cycler namespace dict joiner __class__
__mro__ __subclasses__ __globals__ attr format join length default trim map tojson"""
PIECES = st.sampled_from([" ", "\n", *SIGNS.split(), *(f"{word} " for word in WORDS.split()), *VARIABLES])


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
@example("{{ 'a' * 999999999 }}")
@example("{{ 9 ** 9 ** 9 ** 9 }}")
@example("{{ ''.__class__.__mro__[1].__subclasses__() }}")
@example("{% for a in range(999999999) %}{% endfor %}")
@example("{{ names | join(names | join(names | join(understood))) }}")
@example("{{ " + "(" * 1900 + "name" + ")" * 1900 + " }}")
@example("{{ " + "not " * 900 + "name }}")
@example("{{ " + "-" * 1500 + "1 }}")
@example("{% if name %}" * 200)
@example("{{ " + " ~ ".join(["understood"] * 300) + " }}")
@example("{{ 1 if 2 }}")
@example("{{ name[0] }}{{ name.x }}{{ name() }}")
def test_a_template_is_refused_or_gives_a_short_text_at_once(source):
    begun = time.perf_counter()
    found = flaws(source)
    for flaw in found:
        assert 1 <= flaw.line <= source.count("\n") + 2
        assert flaw.ja.endswith("。")
        assert flaw.en.endswith(".")
    if found:
        with pytest.raises(TemplateRefused):
            compile_template(source)
        return
    try:
        text = compile_template(source).render(VALUES)
    except TemplateRefused:
        text = ""
    assert len(text) <= MAX_OUTPUT
    assert time.perf_counter() - begun < 1.0


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_plain_text_comes_out_as_it_went_in(text):
    plain = text.replace("{", "(").replace("\r", "\n")
    assert compile_template(plain).render(VALUES) == plain.strip()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=100))
def test_a_value_is_never_read_as_a_template(value):
    assert compile_template("{{ name }}").render({"name": "{{ center }}" + value}) == ("{{ center }}" + value).strip()


def test_a_text_that_is_too_long_to_be_one_is_not_even_parsed():
    (flaw,) = flaws("あ" * (MAX_SOURCE + 1))
    assert flaw.code == "sandbox"


def test_a_text_that_grows_too_long_is_refused_while_it_is_put_together():
    template = compile_template("{{ understood }}" * 20)
    with pytest.raises(TemplateRefused):
        template.render({"understood": "あ" * 200})


@pytest.mark.parametrize(
    "source, text",
    [
        ("{% if name %}{{ name }}さん、{% endif %}今日は", "今日は"),
        ("{% if not name %}あなた{% else %}{{ name }}{% endif %}", "あなた"),
        ("{{ name | default('あなた') }}", "あなた"),
        ("{{ name | default('あなた', true) }}", "あなた"),
        ("{{ ' 空 ' | trim }}", "空"),
        ("{{ center | length }}", "3"),
        ("{% if 'いう' in center and center != 'いう' %}ok{% endif %}", "ok"),
        ("{{ center ~ '保健所' }}", "あいう保健所"),
        ("{% if name %}\nはい\n{% endif %}\nおわり\n", "おわり"),
        ("{% raw %}{{ name }}{% endraw %}", "{{ name }}"),
        ("{# 覚え書き #}", ""),
    ],
)
def test_what_managers_may_write(source, text):
    assert flaws(source) == ()
    assert compile_template(source).render(VALUES) == text


def test_the_variables_that_a_text_uses_are_known():
    used = compile_template("{{ center }}{% if name %}{{ day0 }}{% endif %}").variables
    assert used == {"center", "name", "day0"}
