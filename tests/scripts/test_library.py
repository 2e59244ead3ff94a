import os
import shutil

import pytest

from bot.domain.errors import NotFound
from bot.scripts.issue import ScriptUnusable
from bot.scripts.library import ScriptLibrary

PROGRAM = "covid19-2022-09-07"
SCRIPT = "common/script.yaml"
CARE = f"{PROGRAM}/program.yaml"


@pytest.fixture
def library(folder):
    library = ScriptLibrary(folder.path)
    library.reload()
    return library


def test_the_first_look_takes_every_program(folder):
    library = ScriptLibrary(folder.path)
    outcomes = library.reload()
    assert all(outcome.taken for outcome in outcomes)
    assert [outcome.program for outcome in outcomes] == library.programs()
    assert PROGRAM in library.programs()


def test_looking_again_says_nothing_where_nothing_changed(library):
    assert library.reload() == []


def test_a_changed_script_is_taken_and_the_old_version_stays_for_those_who_began_with_it(library, folder):
    old = library.current(PROGRAM)
    folder.change(CARE, "days: 7", "days: 8")
    (outcome,) = library.reload()
    new = library.current(PROGRAM)
    assert (outcome.program, outcome.taken, outcome.version) == (PROGRAM, True, new.version)
    assert new.script.program.release.days == 8
    assert library.get(PROGRAM, old.version) is old
    assert library.get(PROGRAM, new.version) is new


def test_a_changed_common_file_changes_every_program(library, folder):
    folder.append("common/texts/ja.yaml", "# ことわり\n")
    assert {outcome.program for outcome in library.reload()} == set(library.programs())


def test_a_script_that_fails_the_check_is_refused_once_with_its_issues_and_the_old_one_stays(library, folder):
    old = library.current(PROGRAM)
    line = folder.change(CARE, "days: 7", "days: seven")
    (outcome,) = library.reload()
    assert not outcome.taken
    assert outcome.version == old.version
    assert (outcome.issues[0].file, outcome.issues[0].line) == (CARE, line)
    assert library.current(PROGRAM) is old
    assert library.reload() == []
    folder.change(CARE, "days: seven", "days: 9")
    (outcome,) = library.reload()
    assert outcome.taken


def test_a_script_that_is_put_back_as_it_was_is_no_news(library, folder):
    text = folder.text(CARE)
    folder.write(CARE, "days: [")
    library.reload()
    folder.write(CARE, text)
    assert library.reload() == []


def test_a_file_that_was_only_touched_is_no_news(library, folder):
    os.utime(folder.file(CARE), (1, 1))
    assert library.reload() == []


def test_a_new_program_appears(library, folder):
    shutil.copytree(folder.file(PROGRAM), folder.file("plague-1900"))
    (outcome,) = library.reload()
    assert (outcome.program, outcome.taken) == ("plague-1900", True)
    assert library.current("plague-1900").program == "plague-1900"


def test_a_folder_that_goes_away_changes_nothing(library, folder):
    shutil.rmtree(folder.path)
    assert library.reload() == []
    assert library.current(PROGRAM)


def test_no_folder_at_the_start_is_an_error(tmp_path):
    with pytest.raises(NotFound):
        ScriptLibrary(tmp_path / "nowhere").reload()


def test_unknown_programs_and_versions_are_told(library):
    with pytest.raises(NotFound, match="plague"):
        library.current("plague")
    with pytest.raises(NotFound, match="abc"):
        library.get(PROGRAM, "abc")


def test_a_stored_version_lives_on_after_a_restart(library, folder):
    old = library.current(PROGRAM)
    folder.change(CARE, "days: 7", "days: 8")
    restarted = ScriptLibrary(folder.path)
    added = restarted.add_stored(PROGRAM, old.version, old.sources)
    restarted.reload()
    assert restarted.get(PROGRAM, old.version) is added
    assert restarted.add_stored(PROGRAM, old.version, old.sources) is added
    assert added.script.program.release.days == 7
    assert restarted.current(PROGRAM).script.program.release.days == 8


def test_a_stored_version_keeps_its_name_whatever_it_is_called_now(library):
    sources = library.current(PROGRAM).sources
    assert library.add_stored(PROGRAM, "as-it-was-stored", sources).version == "as-it-was-stored"


def test_a_stored_version_of_which_nothing_can_be_made_is_told(library):
    with pytest.raises(ScriptUnusable):
        library.add_stored(PROGRAM, "broken", {CARE: "]"})


def test_the_current_version_and_the_stored_one_share_a_bundle(folder):
    first = ScriptLibrary(folder.path)
    first.reload()
    bundle = first.current(PROGRAM)
    second = ScriptLibrary(folder.path)
    stored = second.add_stored(PROGRAM, bundle.version, bundle.sources)
    second.reload()
    assert second.current(PROGRAM) is stored
