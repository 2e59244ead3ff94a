"""The measurements run and say what the issue asks for; how fast this machine is, no test judges."""

import json

import pytest
from typer.testing import CliRunner

from bot.cli import app

RUN = CliRunner()


@pytest.mark.slow
def test_turns_are_measured_beside_a_handler_that_does_nothing():
    result = RUN.invoke(app, ["bench", "turns", "--residents", "10", "--seconds", "1"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)["turns"]
    assert figures["turns_per_second"] > 0
    assert figures["noop_requests_per_second"] > 0
    assert set(figures["delay_ms_at_20_per_second"]) == {"p50", "p95", "max"}
    assert figures["start_seconds"] > 0


@pytest.mark.slow
def test_reading_is_measured_on_the_labelled_replies():
    result = RUN.invoke(app, ["bench", "reading"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout[result.stdout.index("{") :])["reading"]
    assert figures["replies"] > 400
    assert figures["readings_per_second"] > 0
    assert figures["longest_of_2000_characters_ms"] > 0
    assert figures["load_s"] > 0


@pytest.mark.slow
def test_the_cost_of_a_reply_is_compared_in_one_run():
    result = RUN.invoke(app, ["bench", "scale", "--few", "100", "--many", "1000"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout[result.stdout.index("{") :])["scale"]
    assert figures["residents"] == [100, 1000]
    assert figures["ratio"] > 0


@pytest.mark.slow
def test_a_short_soak_loses_and_doubles_nothing():
    result = RUN.invoke(app, ["soak", "--minutes", "0.1", "--residents", "10"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)["soak"]
    assert (figures["lost"], figures["doubled"], figures["answers_missing"]) == (0, 0, 0)
