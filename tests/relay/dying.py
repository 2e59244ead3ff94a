"""The program, killed by SIGKILL at the n-th step of the relay on its disk: ``dying.py N relay --config FILE``.

A step is: half of a file written, before and after each fsync, before and after each rename.
"""

import os
import signal
import sys

from bot.relay.store import RelayStore

at, count, counting = int(sys.argv.pop(1)), 0, False


def step():
    global count  # noqa: PLW0603  # one process, one counter
    if counting:
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)


def around(name):
    real = getattr(os, name)

    def call(*given, **named):
        step()
        done = real(*given, **named)
        step()
        return done

    setattr(os, name, call)


class HalfWritten:
    """A file that is killed when half of it is written."""

    def __init__(self, file):
        self.file = file

    def write(self, data):
        self.file.write(data[: len(data) // 2])
        self.file.flush()
        step()
        self.file.write(data[len(data) // 2 :])

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


real_fdopen, real_put = os.fdopen, RelayStore.put


def fdopen(number, mode="r", *given, **named):
    file = real_fdopen(number, mode, *given, **named)
    return HalfWritten(file) if mode == "wb" else file


def put(self, *given):
    global counting  # noqa: PLW0603  # as above
    counting = True
    return real_put(self, *given)


around("fsync")
around("replace")
os.fdopen, RelayStore.put = fdopen, put

from bot.cli import main  # noqa: E402  # after the patches

main()
