"""The house rules that no linter knows: what lies where, what is declared, what the package carries."""

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from bot.cli import app
from tests.support.child import READY, Child

ROOT = Path(__file__).parents[1]
BOT = ROOT / "bot"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = (ROOT / ".ci" / "requirements.txt", ROOT / ".ci" / "requirements-dev.txt")

TOP_LEVEL = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "bot",
    "config",
    "conversations",
    "docs",
    "pyproject.toml",
    "tests",
}
MAX_LINES = 350
# Declared, though no module of ours imports them: why.
NOT_IMPORTED = {
    "sudachidict-small": "the dictionary that sudachipy opens by its name",
    "asyncpg": "SQLAlchemy's driver for PostgreSQL, named in the database URL",
    "tzdata": "the time zones of zoneinfo, where the system has none",
}
LINTERS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "import-linter": ["lint-imports", "--no-logo", "--cache-dir", ".cache/import-linter"],
}


# A path that leads back to the checkout would hide what the installed package lacks.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("MIMAMORI_", "PYTHONPATH"))}


def run(*command, cwd=ROOT):
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=CLEAN,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{command} failed with {done.returncode}:\n{done.stdout}"
    return done.stdout


def tool(name):
    return Path(sys.executable).parent / name


def normalised(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements):
    return {normalised(re.match(r"[\w.-]+", line)[0]) for line in requirements if isinstance(line, str)}


def pins(lock):
    return dict(re.findall(r"^([\w.-]+)==([^ ;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def tracked(*paths):
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return run("git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", *paths).rstrip("\0").split("\0")


def imported_by_bot():
    names = set()
    for path in BOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(node.module)
    return {name.partition(".")[0] for name in names} - {"bot"} - sys.stdlib_module_names


def test_the_top_level_holds_only_what_everybody_looks_for():
    assert {path.partition("/")[0] for path in tracked()} <= TOP_LEVEL


def test_the_licence_is_apache_2():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert PYPROJECT["project"]["license"] == "Apache-2.0"


def test_every_file_is_short_enough_to_be_one_idea():
    migrations = BOT / "storage" / "migrations" / "versions"  # a migration lists the columns of its day
    files = [path for path in BOT.rglob("*.py") if path.parent != migrations]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert not {path: lines for path, lines in lengths.items() if lines >= MAX_LINES}


def needed():
    """What the package needs, and what its extras need besides."""
    extras = PYPROJECT["project"]["optional-dependencies"].values()
    return declared(PYPROJECT["project"]["dependencies"]).union(*map(declared, extras))


def test_every_declared_dependency_is_used():
    owners = packages_distributions()
    used = {normalised(owner) for name in imported_by_bot() for owner in owners.get(name, [name])}
    unused = needed() - used - NOT_IMPORTED.keys()
    assert not unused, "take them out of pyproject.toml, or say in NOT_IMPORTED why they stay"


def test_everything_imported_is_declared():
    owners = packages_distributions()
    assert not {
        name for name in imported_by_bot() if not needed() & {normalised(owner) for owner in owners.get(name, [name])}
    }


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_all_by_hash_and_names_no_host(lock):
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)\b", text, re.MULTILINE)
    requirements = re.split(r"\n(?=[a-z0-9])", text.partition("\naiohappyeyeballs")[2])
    assert all("--hash=sha256:" in requirement for requirement in requirements)


def test_the_locks_agree_and_hold_what_is_declared():
    runtime, dev = map(pins, LOCKS)
    groups = PYPROJECT["dependency-groups"]
    assert runtime.items() <= dev.items()
    assert needed() | declared(groups["build"]) <= runtime.keys()
    assert declared(groups["dev"]) <= dev.keys()


def test_make_help_tells_of_every_target():
    targets = re.findall(r"^([a-z]\w*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    told = run("make", "--no-print-directory", "help")
    assert {"demo", "test", "check", "bench", "soak", "lock", "help", "clean"} <= set(targets)
    assert not [target for target in targets if not re.search(rf"^  {target} +\w", told, re.MULTILINE)]


def test_every_command_that_make_calls_is_there():
    called = set(re.findall(r"/mimamori (\w+)", (ROOT / "Makefile").read_text(encoding="utf-8")))
    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}
    assert called <= known


def test_tests_wait_for_conditions_and_never_for_time():
    def sleeps(node):
        return (
            isinstance(node, ast.Call) and ast.unparse(node.func).endswith("sleep") and ast.unparse(node.args[0]) != "0"
        )

    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("test_*.py")}
    sleeping = [f"{path.name}:{node.lineno}" for path, tree in trees.items() for node in ast.walk(tree) if sleeps(node)]
    assert not sleeping, "use tests/support/wait.py"


@pytest.mark.slow(seconds=45)  # mypy has nothing to begin with in a new clone
@pytest.mark.parametrize("command", LINTERS.values(), ids=LINTERS.keys())
def test_the_linters_find_nothing(command):
    run(tool(command[0]), *command[1:])


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the source distribution of the files that git would hand over."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--directory", folder, "--target", "wheel", "--target", "sdist")
    return folder


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The folder of programs of a virtual environment that has the wheel and, by a path, what it depends on."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    python = venv / "bin" / "python"
    (wheel,) = built.glob("*.whl")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", wheel)
    site_packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(site_packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return venv / "bin"


@pytest.mark.slow
def test_the_wheel_carries_the_conversations_and_the_configuration(built):
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"bot/_shipped/{path}" for path in tracked("conversations", "config")} | set(tracked("bot"))
    assert not expected - names
    assert not [name for name in names if not name.startswith(("bot/", "mimamori-"))]


@pytest.mark.slow
def test_the_source_distribution_makes_the_same_wheel(built, tmp_path):
    (sdist,) = built.glob("*.tar.gz")
    shutil.unpack_archive(sdist, tmp_path)
    (source,) = tmp_path.iterdir()
    run(sys.executable, "-m", "hatchling", "build", "--directory", tmp_path, "--target", "wheel", cwd=source)
    (again,), (wheel,) = tmp_path.glob("*.whl"), built.glob("*.whl")
    assert set(zipfile.ZipFile(again).namelist()) == set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.slow
def test_the_installed_command_runs_from_any_folder(installed, tmp_path):
    where = run(installed / "python", "-c", "import bot; print(bot.__file__)", cwd=tmp_path)
    assert where.startswith(str(installed.parent))
    assert re.search(r"\d+\.\d+\.\d+", run(installed / "mimamori", "--version", cwd=tmp_path))


@pytest.mark.slow
def test_the_installed_demo_starts_from_any_folder(installed, tmp_path, free_port, reaper):
    demo = Child(
        [installed / "mimamori", "demo", "--data", tmp_path / "data", "--port", str(free_port)],
        reaper,
        env={"PYTHONPATH": ""},
        cwd=tmp_path,
    )
    try:
        demo.wait_for(READY, seconds=60)
    finally:
        demo.kill()
