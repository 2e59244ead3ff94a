"""Before the tests: finds what they drive, and brings what is missing where that can be done.

Run as ``python -m tests.support.preflight``; says where each thing comes from, or in one sentence what to install.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable

from tests.support import tools

APT_SECONDS = 900


def main() -> int:
    """Return 0 when all is there."""
    checks = [
        ("Playwright", tools.require_playwright, [_apt("libatomic1")]),
        (
            "Chromium",
            tools.chromium,
            [] if os.environ.get(tools.CHROMIUM_ENV) else [_apt("chromium"), _playwright_chromium],
        ),
        ("Japanese fonts", tools.require_japanese_fonts, [_apt("fontconfig", "fonts-noto-cjk")]),
        ("PostgreSQL", _postgres, []),
        ("Redis", _redis, []),
        ("Kannel", lambda: tools.kannel().bearerbox, [] if os.environ.get(tools.KANNEL_ENV) else [_unpack_kannel]),
    ]
    missing = []
    for name, find, bringers in checks:
        try:
            print(f"{name}: {_find_or_bring(find, bringers) or 'there'}", flush=True)
        except tools.MissingToolError as error:
            missing.append(str(error))
    for sentence in missing:
        print(sentence, file=sys.stderr)
    return 1 if missing else 0


def _find_or_bring(find: Callable[[], object], bringers: list[Callable[[], None]]) -> object:
    for bring in bringers:
        try:
            return find()
        except tools.MissingToolError:
            bring()
    return find()


def _postgres() -> str:
    return f"the server that {tools.POSTGRES_ENV} names" if os.environ.get(tools.POSTGRES_ENV) else tools.postgres_bin()


def _redis() -> str:
    return f"the server that {tools.REDIS_ENV} names" if os.environ.get(tools.REDIS_ENV) else tools.redis_server()


def _apt(*packages: str) -> Callable[[], None]:
    def bring() -> None:
        if os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
            return
        print(f"Installing {' '.join(packages)} (apt-get)", flush=True)
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)

    return bring


def _unpack_kannel() -> None:
    """Debian's or Ubuntu's packages and the libraries missing here, unpacked into .cache: no root, nothing installed.

    apt-get gets lists and a download folder of its own, so that it works where it never ran and where others run it.
    """
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return
    print(f"Fetching {' '.join(tools.KANNEL_PACKAGES)} into {tools.KANNEL_CACHE} (apt-get)", flush=True)
    root, apt = tools.KANNEL_CACHE / "root", tools.KANNEL_CACHE / "apt"
    for folder in (root, apt / "lists" / "partial", apt / "archives" / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    options = [
        *("-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root"),
        *("-o", f"Dir::State::lists={apt / 'lists'}", "-o", f"Dir::Cache={apt}"),
    ]
    _run("apt-get", *options, "update", "-qq")
    _run(
        *("apt-get", *options, "install", "-y", "-qq", "--no-install-recommends", "--download-only"),
        *("--reinstall", *tools.KANNEL_PACKAGES),
    )
    for package in sorted((apt / "archives").glob("*.deb")):
        _run("dpkg-deb", "--extract", str(package), str(root))
    shutil.rmtree(apt, ignore_errors=True)


def _playwright_chromium() -> None:
    print("Installing Chromium (playwright)", flush=True)
    _run(sys.executable, "-m", "playwright", "install", "chromium")


def _run(*command: str) -> None:
    """Run quietly; what matters is whether the thing is found afterwards, so a failure only shows its last lines."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=APT_SECONDS,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"  {error}", flush=True)
        return
    if done.returncode != 0:
        print("".join(f"  {line}\n" for line in done.stdout.splitlines()[-5:]), end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())
