"""A Redis server for tests: one that somebody named, or our own on a free port that keeps nothing."""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import redis

from tests.support import tools
from tests.support.ports import free_port
from tests.support.reaper import Reaper
from tests.support.wait import until

START_SECONDS = 30


class Redis:
    """A server that somebody else runs. The database that ``url`` names is emptied by the tests."""

    def __init__(self, url: str) -> None:
        self.url = url

    def flush(self) -> None:
        """Empty the database."""
        with redis.Redis.from_url(self.url) as client:
            client.flushdb()


class OwnRedis(Redis):
    """A server that this test run starts, restarts and ends."""

    def __init__(self, reaper: Reaper) -> None:
        self._reaper = reaper
        self._process: subprocess.Popen | None = None
        self._binary = tools.redis_server()
        self._folder = Path(tempfile.mkdtemp(prefix="mimamori-test-redis-"))
        reaper.watch_folder(str(self._folder))
        self.port = free_port()
        super().__init__(f"redis://127.0.0.1:{self.port}/0")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = self._folder / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(self._binary, "--bind", "127.0.0.1", "--port", str(self.port), "--dir", self._folder),
                    *("--save", "", "--appendonly", "no", "--daemonize", "no"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._reaper.watch_group(self._process.pid)
        until(lambda: self._answers(log), "Redis answers", seconds=START_SECONDS)

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Stop it; nothing that it held is kept."""
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.wait(timeout=START_SECONDS)
        self._reaper.forget_group(self._process.pid)
        self._process = None

    def restart(self) -> None:
        """Stop it and start it again, empty, on the same port."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop it for good."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self, log: Path) -> bool:
        assert self._process.poll() is None, f"Redis ended:\n{log.read_text(errors='replace')}"
        try:
            with redis.Redis.from_url(self.url) as client:
                return client.ping()
        except redis.ConnectionError:
            return False
