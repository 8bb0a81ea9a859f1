"""Calls of a function in other processes of this machine, of which none outlives this one.

Processes are started anew, not forked, and without importing the program's own file, so that nothing need stand under
``if __name__ == "__main__"``.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from ..signals import deliver

_POLL = 0.05  # seconds between two looks at the processes
_CHILD = "from fastemb.scale.counting_process import child; child()"


def in_processes(function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[Any]:
    """The results of all calls, each made in a process of its own.

    Args:
        function: A function of a module of this package.
        calls: Its arguments.

    Raises:
        Exception: What the first of the calls that failed raised; the others are ended.
        TypeError: Arguments cannot be sent to another process.
        RuntimeError: A process was ended from outside.
    """
    jobs = [_packed((sys.path, function, arguments)) for arguments in calls]
    started: list[subprocess.Popen[bytes]] = []
    try:
        for job in jobs:
            started.append(_start(job))
        left = set(range(len(started)))
        results: list[Any] = [None] * len(started)
        while left:
            deliver()
            done = sorted(number for number in left if started[number].poll() is not None)
            for number in done:
                results[number] = _result(started[number])
            left.difference_update(done)
            if left and not done:
                waited = started[min(left)]
                try:
                    waited.wait(_POLL)
                except subprocess.TimeoutExpired:
                    continue
        return results
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()


def child() -> None:
    """Make the call that comes by standard input, and write its result to standard output; for the other process."""
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a tokenizer prints is no result
    source = sys.stdin.buffer
    job = source.read(int.from_bytes(source.read(8), "little"))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        paths, rest = pickle.loads(job)
        sys.path[:] = paths
        function, arguments = pickle.loads(rest)
        found = True, function(*arguments)
    except Exception as error:
        found = False, error
    try:
        data = pickle.dumps(found)
    except Exception:
        data = pickle.dumps((False, RuntimeError(str(found[1]))))
    output.write(data)
    output.flush()
    os._exit(0)  # threads that read or wait are of no use any more


def _end_with_parent() -> None:
    """End this process when its standard input does, as the process that started it has ended then."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def _packed(job: tuple[list[str], Callable[..., Any], tuple[Any, ...]]) -> bytes:
    paths, function, arguments = job
    try:
        rest = pickle.dumps((function, arguments))
    except Exception as error:
        raise TypeError(
            f"the tokenizer cannot be sent to other processes ({error}): give processes=1, or one that can be imported"
        ) from None
    return pickle.dumps((paths, rest))


def _start(job: bytes) -> subprocess.Popen[bytes]:
    folder = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-c", _CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths},
        start_new_session=True,  # Ctrl-C ends this process, which ends the others
    )
    assert process.stdin is not None
    process.stdin.write(len(job).to_bytes(8, "little") + job)
    process.stdin.flush()
    return process


def _result(process: subprocess.Popen[bytes]) -> Any:
    assert process.stdout is not None
    data = process.stdout.read()
    if process.returncode or not data:
        how = f"by signal {-process.returncode}" if process.returncode < 0 else f"with status {process.returncode}"
        hint = (
            ": was there enough memory? Give fewer processes, or less memory to each"
            if process.returncode == -9
            else ""
        )
        raise RuntimeError(f"a process that counted words was ended {how}{hint}")
    succeeded, found = pickle.loads(data)
    if not succeeded:
        raise found
    return found
