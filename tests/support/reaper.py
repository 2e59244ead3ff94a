"""Ends what the tests started, also when pytest itself is killed.

One process beside pytest, in a session of its own so that Ctrl-C and a killed process group pass it by. It is told on
its standard input what lives; when that input ends, because pytest closed it or died, it ends the rest and removes
their folders.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

GRACE_SECONDS = 3.0


class Reaper:
    """pytest's end of the line."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, start_new_session=True)

    def watch_group(self, pid: int, signal_: signal.Signals = signal.SIGKILL) -> None:
        """End the process group of ``pid`` with ``signal_``, and with SIGKILL if that does not help."""
        self._tell(f"group {pid} {int(signal_)}")

    def forget_group(self, pid: int) -> None:
        """``pid`` has been ended and waited for; its number may be somebody else's by now."""
        self._tell(f"forget {pid}")

    def watch_folder(self, path: str) -> None:
        """Remove the folder ``path``, if it is still there."""
        self._tell(f"folder {path}")

    def close(self) -> None:
        """Let it do its work and wait for it."""
        self._process.communicate(timeout=30)

    def _tell(self, line: str) -> None:
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _end(groups: dict[int, int]) -> None:
    for group, number in groups.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
            os.killpg(group, signal.SIGCONT)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(map(_is_alive, groups)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def main() -> None:
    """Listen until the line ends, then clean up."""
    groups: dict[int, int] = {}
    folders: list[str] = []
    for line in sys.stdin:
        match line.rstrip("\n").split(" ", 1):
            case ["group", rest]:
                pid, number = map(int, rest.split())
                groups[pid] = number
            case ["forget", pid]:
                groups.pop(int(pid), None)
            case ["folder", path]:
                folders.append(path)
    _end(groups)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
