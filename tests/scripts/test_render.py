from dataclasses import replace
from datetime import UTC, date, datetime
from time import thread_time

import pytest

from bot.domain.office import Office
from bot.domain.program import ReleaseRule
from bot.domain.reading import Intent, Priority, Reading
from bot.domain.states import CaseState, Language, TextKind
from bot.engine.effects import Say
from bot.engine.session import Member, Session
from bot.scripts.load import load_bundle
from bot.scripts.render import render
from bot.settings import shipped

NOW = datetime(2022, 9, 14, 20, 0, tzinfo=UTC)  # the 15th in Japan
OFFICE = Office("さくら市保健所", "03-0000-0000", "平日", "+815000000000", (("en", "Sakura Center", "weekdays"),))
MILD = Reading(Intent.REPORT, Priority.NONE, temperature=37.8, spo2=97, menu=2, present=("cough",), absent=("dyspnea",))
WELL = Reading(Intent.REPORT, Priority.NONE, menu=1)
TARO = Member(1, "太郎", CaseState.MONITORING, date(2022, 9, 7))
HANAKO = Member(2, "花子", CaseState.MONITORING, date(2022, 9, 9))


@pytest.fixture
def say_text(folder):
    """Renders a text of one's own for a session."""
    folder.put("common/words/ja.yaml", "person", '"{name}"')
    folder.put("common/words/ja.yaml", "member", '"{name}さん {summary}"')

    def text_of(source, session, *, case_id=None, readings=(), values=None, language="ja"):
        for code in ("ja", "ja-easy", "en"):
            indented = source.replace("\n", "\n  ")
            folder.append(f"covid19-2022-09-07/texts/{code}.yaml", f"mine: |-\n  {indented}\n")
        bundle = load_bundle(folder.path, "covid19-2022-09-07")
        session.language = Language(language)
        say = Say("mine", TextKind.ANSWER, case_id, tuple(readings), values or {})
        return render(bundle, say, session, OFFICE, NOW)

    return text_of


def alone():
    return Session(members=[TARO])


def household():
    return Session(members=[TARO, HANAKO])


def test_the_center_is_named_as_readers_of_that_language_know_it(say_text):
    source = "{{ center }} {{ center_phone }} {{ center_hours }} {{ check_hour }} {{ emergency_number }}"
    assert say_text(source, alone()) == "さくら市保健所 03-0000-0000 平日 9:00 119"


def test_the_center_in_english(say_text):
    assert say_text("{{ center }} {{ center_hours }}", alone(), language="en") == "Sakura Center weekdays"


def test_dates_are_written_as_each_language_writes_them_and_counted_by_the_programs_rule(say_text):
    source = "{{ day0 }} {{ last_day }} {{ release_on }}"
    assert say_text(source, alone(), case_id=1) == "9月7日(水) 9月14日(水) 9月15日(木)"


def test_dates_in_english(say_text):
    assert say_text("{{ day0 }}", alone(), case_id=1, language="en") == "Wed 7 Sep"


def test_today_is_the_day_where_the_resident_lives(say_text):
    assert say_text("{{ today }}", alone()) == "9月15日(木)"


def test_a_resident_alone_is_not_named(say_text):
    assert say_text("[{{ name }}][{{ names }}]", alone(), case_id=1) == "[][]"


def test_in_a_household_the_one_spoken_to_is_named(say_text):
    assert say_text("[{{ name }}][{{ names }}]", household(), case_id=2) == "[花子][太郎、花子]"


def test_the_last_one_of_a_household_who_is_released_is_still_named_when_told_so(say_text):
    session = household()
    session.members[0] = Member(1, "太郎", CaseState.RELEASED, date(2022, 9, 7))
    assert say_text("[{{ name }}]", session, case_id=1) == "[太郎]"


def test_the_one_who_is_left_of_a_household_is_still_named_but_there_is_no_list_any_more(say_text):
    session = household()
    session.members[0] = Member(1, "太郎", CaseState.RELEASED, date(2022, 9, 7))
    assert say_text("[{{ name }}][{{ names }}]", session, case_id=2) == "[花子][]"


def test_names_in_a_row_are_written_as_the_language_writes_persons(say_text, folder):
    folder.put("common/words/ja.yaml", "person", '"{name}様"')
    text = say_text("{{ names }} {{ options }}", household(), values={"options": ["太郎", "花子"]})
    assert text == "太郎様、花子様 太郎様、花子様"


def test_a_reply_that_only_says_that_all_is_well_is_told_back_as_that(say_text, folder):
    folder.put("common/words/ja.yaml", "eased", "変わりなし")
    well = Reading(Intent.REPORT, Priority.NONE, eased=True)
    assert say_text("{{ understood }}", alone(), case_id=1, readings=[(1, well)]) == "変わりなし"


def test_what_was_understood_is_one_line(say_text):
    line = "2 昨日と同じか軽い、37.8度、酸素97%、せき、息苦しさなし"
    assert say_text("{{ understood }}", alone(), case_id=1, readings=[(1, MILD)]) == line


def test_nothing_understood_is_an_empty_word(say_text):
    nothing = Reading(Intent.OTHER, Priority.NONE)
    assert say_text("[{{ understood }}]", alone(), case_id=1, readings=[(1, nothing)]) == "[]"


def test_an_answer_about_somebody_else_of_the_household_names_that_one(say_text):
    text = say_text("{{ name }}: {{ understood }}", household(), case_id=1, readings=[(2, WELL)])
    assert text == "花子: 1 症状なし"


def test_one_answer_for_both_is_told_of_both(say_text):
    text = say_text("[{{ name }}] {{ understood }}", household(), readings=[(1, WELL), (2, WELL)])
    assert text == "[] 太郎、花子さん 1 症状なし"


def test_different_answers_of_a_household_are_told_apart(say_text):
    text = say_text(
        "{{ understood }}", household(), readings=[(1, WELL), (2, Reading(Intent.REPORT, Priority.NONE, menu=2))]
    )
    assert text == "太郎さん 1 症状なし / 花子さん 2 昨日と同じか軽い"


def test_dates_that_differ_within_a_household_are_left_out(say_text):
    assert say_text("[{{ day0 }}]", household()) == "[]"


def test_values_of_the_engine_come_first(say_text):
    text = say_text("{{ last_day }}", alone(), case_id=1, values={"last_day": date(2022, 9, 20)})
    assert text == "9月20日(火)"


def test_a_member_of_another_program_has_that_programs_days(say_text, folder):
    other = load_bundle(folder.path, "influenza").script.program
    member = Member(1, "太郎", CaseState.MONITORING, date(2022, 9, 7), program=other)
    days = other.release.days
    assert isinstance(other.release, ReleaseRule)
    text = say_text("{{ last_day }} {{ program }}", Session(members=[member]), case_id=1)
    assert text == f"9月{7 + days}日(月) {other.title['ja']}"


def test_a_text_may_be_empty_and_then_has_nothing_to_say(say_text):
    assert say_text("{% if name %}はい{% endif %}", alone()) == ""


def test_rendering_is_cheap(folder):
    """In time of the processor that this thread had, at its best: whatever else runs on the machine."""
    bundle = load_bundle(folder.path, "covid19-2022-09-07")
    session, say = household(), Say("report_confirm", TextKind.ANSWER, 1, ((1, MILD),))
    best = min(_seconds(lambda: render(bundle, say, session, OFFICE, NOW)) for _ in range(20))
    assert best < 60e-6


def _seconds(act, times=200):
    begun = thread_time()
    for _ in range(times):
        act()
    return (thread_time() - begun) / times


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("address", ["", "https://sms.example.jp/sender"])
def test_the_answer_to_help_names_the_page_of_the_senders_once_it_is_set(language, address):
    bundle = load_bundle(shipped("conversations"), "influenza")
    session = Session(members=[TARO], language=language)
    text = render(bundle, Say("help", TextKind.ANSWER), session, replace(OFFICE, sender_page=address), NOW)
    assert ("sms.example.jp/sender\n" in text) is bool(address)
    assert "\n\n" not in text
