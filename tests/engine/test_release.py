"""When care ends, for every rule that a program can have."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.program import Program, ReleaseRule, Source
from bot.domain.reading import Intent, Priority, Reading
from bot.domain.states import CaseState
from bot.engine.release import age_on, first_free_day, is_phone_only, note_report, release_time
from bot.engine.session import Member
from bot.scripts.load import load_bundle
from bot.settings import shipped

ZONE = ZoneInfo("Asia/Tokyo")
DAY0 = date(2022, 9, 10)
NOON = time(12, 0)

HOURS = st.builds(time, st.integers(6, 20), st.sampled_from([0, 30]))
RULES = st.builds(
    ReleaseRule,
    days=st.integers(0, 30),
    eased_hours=st.sampled_from([0, 1, 24, 72]),
    fever_free_days=st.sampled_from([None, 0, 2]),
    fever_free_days_infant=st.sampled_from([None, 3]),
)
LOCAL = st.datetimes(datetime(2022, 9, 1), datetime(2022, 10, 30), timezones=st.just(ZONE))  # noqa: DTZ001
MEMBERS = st.builds(
    Member,
    case_id=st.just(1),
    first_name=st.just("太郎"),
    state=st.just(CaseState.MONITORING),
    day0=st.dates(date(2022, 8, 20), date(2022, 9, 20)),
    birth_date=st.sampled_from([None, date(2019, 1, 1), date(1950, 1, 1)]),
    eased_since=st.none() | LOCAL,
    fever_free_on=st.none() | st.dates(date(2022, 9, 1), date(2022, 10, 30)),
)


def program(rule, check_hour=time(9, 0)):
    return Program("test", {}, date(2020, 1, 1), None, Source("", DAY0), "onset", {}, rule, check_hour)


def member(**values):
    return Member(1, "太郎", CaseState.MONITORING, **{"day0": DAY0, **values})


def at(day, clock=time(9, 0)):
    return datetime.combine(DAY0 + timedelta(days=day), clock, ZONE)


def fever_days(rule, resident):
    infant = resident.birth_date == date(2019, 1, 1) and rule.fever_free_days_infant is not None
    return rule.fever_free_days_infant if infant else rule.fever_free_days


def holds(rule, resident, moment):
    """Every sentence of the rule, asked of one moment."""
    free = moment.date() >= resident.day0 + timedelta(days=rule.days + 1)
    eased = not rule.eased_hours or moment >= resident.eased_since + timedelta(hours=rule.eased_hours)
    days = fever_days(rule, resident) if rule.fever_free_days is not None else None
    cool = days is None or moment.date() > resident.fever_free_on + timedelta(days=days)
    return free and eased and cool


def cannot_be_told(rule, resident):
    unknown_ease = rule.eased_hours and resident.eased_since is None
    return bool(unknown_ease or (rule.fever_free_days is not None and resident.fever_free_on is None))


@given(RULES, MEMBERS, HOURS)
def test_the_notice_goes_out_in_the_first_morning_on_which_the_whole_rule_holds(rule, resident, hour):
    moment = release_time(program(rule, hour), resident, ZONE)
    if cannot_be_told(rule, resident):
        assert moment is None
        return
    local = moment.astimezone(ZONE)
    assert holds(rule, resident, local)
    assert hour <= local.time() <= max(NOON, hour)
    for earlier in (datetime.combine(local.date(), hour, ZONE), local - timedelta(microseconds=1)):
        if hour <= earlier.time() < max(NOON, hour) and earlier < local:
            assert not holds(rule, resident, earlier)
    yesterday = local.date() - timedelta(days=1)
    assert not holds(rule, resident, datetime.combine(yesterday, max(time(11, 59, 59, 999999), hour), ZONE))


@given(RULES, MEMBERS, HOURS)
def test_nobody_is_free_before_the_days_are_over(rule, resident, hour):
    moment = release_time(program(rule, hour), resident, ZONE)
    assert moment is None or moment.astimezone(ZONE).date() > resident.day0 + timedelta(days=rule.days)


@pytest.mark.parametrize(
    "name, age, first",
    [("covid19-2022-09-07", 30, 8), ("covid19-2023-05-08", 30, 6), ("influenza", 30, 6), ("influenza", 3, 6),
     ("measles-contact", 30, 22), ("mpox-contact", 30, 22)],
)  # fmt: skip
def test_the_shipped_programs_free_on_the_day_that_their_source_names(name, age, first):
    rule = load_bundle(shipped("conversations"), name).script.program
    well = member(birth_date=date(2022 - age, 1, 1), eased_since=at(1), fever_free_on=DAY0 + timedelta(days=1))
    assert first_free_day(rule, well) == DAY0 + timedelta(days=first)
    assert release_time(rule, well, ZONE) == at(first)


@pytest.mark.parametrize("age, days", [(30, 3), (5, 4), (6, 3)])
def test_influenza_counts_two_days_after_the_fever_and_three_for_infants(age, days):
    rule = load_bundle(shipped("conversations"), "influenza").script.program
    late = member(birth_date=date(2022 - age, 9, 10), fever_free_on=DAY0 + timedelta(days=6))
    assert release_time(rule, late, ZONE) == at(6 + days)


def test_covid_waits_until_symptoms_have_eased_for_a_day():
    rule = load_bundle(shipped("conversations"), "covid19-2022-09-07").script.program
    assert release_time(rule, member(), ZONE) is None
    assert release_time(rule, member(eased_since=at(7, time(9, 30))), ZONE) == at(8, time(9, 30))
    assert release_time(rule, member(eased_since=at(7, time(15, 0))), ZONE) == at(9)
    assert release_time(rule, member(eased_since=at(8, time(2, 0))), ZONE) == at(9)


def report(priority=Priority.NONE, **facts):
    return Reading(Intent.REPORT, priority, **facts)


QUIET = report(menu=1)
WORRYING = report(Priority.URGENT)
QUESTION = report(Priority.ROUTINE, menu=2)
FEVER = report(temperature=37.5)
COOL = report(temperature=37.4)


def noted(*reports):
    """The member after one report a day, the first on day 1."""
    resident = member()
    for day, reading in enumerate(reports, start=1):
        note_report(resident, reading, reading.priority, DAY0 + timedelta(days=day), at(day), 37.5)
    return resident


@pytest.mark.parametrize(
    "reports, since",
    [
        ([QUIET], 1),
        ([QUIET, QUIET, QUIET], 1),
        ([QUIET, WORRYING], None),
        ([QUIET, WORRYING, QUIET, QUIET], 3),
        ([QUIET, FEVER, COOL], 3),
        ([QUIET, QUESTION], 1),  # a question is no worse symptom
        ([QUESTION, QUIET], 2),
        ([], None),
    ],
)
def test_symptoms_have_eased_since_the_first_quiet_report_after_the_last_worrying_one(reports, since):
    assert noted(*reports).eased_since == (at(since) if since else None)


@pytest.mark.parametrize(
    "reports, day",
    [
        ([FEVER], None),
        ([FEVER, COOL, COOL], 2),
        ([FEVER, COOL, FEVER, COOL], 4),
        ([COOL, report(present=("cough",))], 1),  # says nothing of a fever
        ([report(present=("fever",)), report(absent=("fever",))], 2),
        ([report(menu=1)], 1),
        ([report(menu=2)], None),
    ],
)
def test_the_fever_went_on_the_first_day_without_it(reports, day):
    assert noted(*reports).fever_free_on == (DAY0 + timedelta(days=day) if day else None)


@given(st.dates(date(1900, 1, 1), date(2022, 9, 10)))
def test_an_age_is_the_number_of_birthdays(born):
    def had_birthday(year):
        return (year, born.month, born.day) <= (DAY0.year, DAY0.month, DAY0.day)

    assert age_on(born, DAY0) == sum(had_birthday(year) for year in range(born.year + 1, DAY0.year + 1))


@pytest.mark.parametrize("born, by_phone", [(date(1962, 9, 10), True), (date(1962, 9, 11), False), (None, False)])
def test_the_oldest_are_told_by_telephone_from_their_birthday_on(born, by_phone):
    assert is_phone_only(ReleaseRule(7, phone_only_from_age=60), member(birth_date=born), DAY0) is by_phone
