"""Running a command in a process of its own, with what it printed when, and what it used."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

# A trainer's threads are set by its own option; BLAS must not add more. What the user has set stays.
_ONE_BLAS_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

# Some machines set these for all programs, for a CPU that is not the one that runs them; OpenBLAS is slower then.
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class ChildError(RuntimeError):
    """A child did not do what it was started for; the message ends with the last lines it printed."""


@dataclass
class Child:
    """A finished process. Times are seconds since the epoch."""

    started: float
    ended: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    chunks: list[tuple[float, bytes]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return b"".join(chunk for _, chunk in self.chunks).decode(errors="replace")

    def find(self, pattern: str) -> list[tuple[float, str]]:
        """When the pattern was printed, and its first group, for each time."""
        data = b"".join(chunk for _, chunk in self.chunks)
        times: list[tuple[int, float]] = []
        end = 0
        for moment, chunk in self.chunks:
            end += len(chunk)
            times.append((end, moment))
        found, at = [], 0
        for match in re.finditer(pattern.encode(), data):
            while times[at][0] < match.end():
                at += 1
            found.append((times[at][1], match.group(1).decode()))
        return found

    def last_lines(self, count: int = 6) -> str:
        lines = [line.rstrip() for line in re.split(r"[\r\n]+", self.text) if line.strip()]
        return "\n".join(lines[-count:])


def run_child(command: list[str], folder: Path, timeout: float, environment: dict[str, str] | None = None) -> Child:
    """Run to the end, with these variables added; whatever goes wrong, no process is left behind.

    Raises:
        ChildError: it could not be started, took too long or failed.
    """
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    child = Child(started=time.time())
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**dict.fromkeys(_ONE_BLAS_THREAD, "1"), **kept, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise ChildError(f"could not be started: {error.strerror}") from error
    try:
        _keep_priority(process.pid)
        _listen(process, child, timeout)
        _, status, usage = os.wait4(process.pid, 0)
        child.ended = time.time()
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout:
            process.stdout.close()
    child.cpu_s = usage.ru_utime + usage.ru_stime
    child.peak_mb = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
    if process.returncode:
        how = f"signal {-process.returncode}" if process.returncode < 0 else f"exit status {process.returncode}"
        raise ChildError(f"failed with {how}:\n{child.last_lines()}")
    return child


def _keep_priority(child: int) -> None:
    """Linux may schedule sessions as groups (autogroup), and a child in a new session loses its parent's nice."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{child}/autogroup").write_text(str(os.getpriority(os.PRIO_PROCESS, 0)))


def _listen(process: subprocess.Popen[bytes], child: Child, timeout: float) -> None:
    """Keep what is printed, with the time, until the child closes its output."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = child.started + timeout - time.time()
            if left <= 0 or not selector.select(left):
                raise ChildError(f"was stopped after {timeout:,.0f} s (--timeout):\n{child.last_lines()}")
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            if not chunk:
                return
            child.chunks.append((time.time(), chunk))
