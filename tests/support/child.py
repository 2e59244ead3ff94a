"""Child processes that tests start, watch, freeze and kill."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.reaper import Reaper
from tests.support.wait import PATIENT_SECONDS, until

CHECKOUT = Path(__file__).parents[2]
READY = r"https?://127\.0\.0\.1:\d+"


class Child:
    """A running command in a process group of its own; what it prints is in ``lines`` (stdout and stderr)."""

    def __init__(
        self,
        command: Sequence[str | Path],
        reaper: Reaper,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path = CHECKOUT,
    ) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MIMAMORI_")}
        self._reaper = reaper
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**inherited, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )
        reaper.watch_group(self.pid)
        self.lines: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    @property
    def pid(self) -> int:
        """The process, and its group."""
        return self._process.pid

    @property
    def output(self) -> str:
        """All that it has printed so far."""
        return "\n".join(self.lines)

    @property
    def returncode(self) -> int | None:
        """None while it runs; minus the signal's number after a kill."""
        return self._process.poll()

    def wait_for(self, pattern: str, *, seconds: float = PATIENT_SECONDS) -> re.Match:
        """The first match of ``pattern`` in a line that it prints."""

        def look() -> re.Match | None:
            ended = self.returncode is not None
            if ended:
                self._reading.join(timeout=5)
            for line in list(self.lines):
                if match := re.search(pattern, line):
                    return match
            if ended:
                message = f"ended with {self.returncode} before it printed {pattern!r}; it printed:\n{self.output}"
                raise AssertionError(message)
            return None

        try:
            return until(look, f"a line like {pattern!r}", seconds=seconds)
        except AssertionError as error:
            error.add_note(f"The child printed:\n{self.output}")
            raise

    def wait(self, *, seconds: float = PATIENT_SECONDS) -> int:
        """Wait for it to end by itself, and return its exit code."""
        code = self._process.wait(timeout=seconds)
        self._ended()
        return code

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process alone (SIGSTOP freezes it, SIGCONT wakes it)."""
        self._process.send_signal(number)

    def stop(self, *, seconds: float = PATIENT_SECONDS) -> int:
        """Ask it to end (SIGTERM), and return its exit code."""
        self._process.terminate()
        return self.wait(seconds=seconds)

    def kill(self) -> None:
        """End the whole process group at once (SIGKILL); it can do nothing more."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.wait(timeout=30)
        self._ended()

    def _ended(self) -> None:
        self._reading.join(timeout=5)
        self._reaper.forget_group(self.pid)

    def _read(self) -> None:
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))
        self._process.stdout.close()


def mimamori(*arguments: str | Path) -> list[str]:
    """The command line that starts the program with this Python."""
    return [sys.executable, "-m", "bot", *map(str, arguments)]
