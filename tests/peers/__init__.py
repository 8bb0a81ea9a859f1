"""What other libraries answer to the same questions, recorded so that the tests need none of them.

A folder for each library: `record.py` asks the library itself and writes `recorded.json`; the tests beside it hold
fastemb to that file. `make peers` checks that the library still answers so. README.md tells how to add one.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent
RELATIVE, ABSOLUTE = 5e-5, 2e-6  # what float32 and another BLAS may change (3.2e-5 between NumPy 1.26 and 2.4)


def recorded(peer: str) -> dict[str, Any]:
    """All that was recorded from a peer."""
    found: dict[str, Any] = json.loads((FOLDER / peer / "recorded.json").read_text(encoding="utf-8"))
    return found


def plain(value: Any) -> Any:
    """The value in lists, dicts and numbers of Python, as JSON has them; sets sorted, floats to nine digits."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def exact(value: Any) -> Any:
    """The same, but each float as its bits, so that no tolerance applies when it is compared."""
    if isinstance(value, dict):
        return {str(key): exact(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [exact(one) for one in value]
    return float(value).hex() if isinstance(value, float) else value


def differences(expected: Any, found: Any, place: str = "") -> Iterator[str]:
    """Where two plain values differ: floats by more than a tolerance, all else at all."""
    if isinstance(expected, dict) and isinstance(found, dict) and expected.keys() == found.keys():
        for key in expected:
            yield from differences(expected[key], found[key], f"{place}[{key!r}]")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(one, other, f"{place}[{number}]")
    elif isinstance(expected, float) and isinstance(found, float):
        both_nan = math.isnan(expected) and math.isnan(found)
        if not both_nan and not math.isclose(expected, found, rel_tol=RELATIVE, abs_tol=ABSOLUTE):
            yield f"{place}: {expected!r} is recorded, {found!r} was found"
    elif type(expected) is not type(found) or expected != found:
        yield f"{place}: {expected!r} is recorded, {found!r} was found"


def run(script: str, version: str, ask: Callable[[], dict[str, Any]]) -> int:
    """Record a peer's answers in a file beside the script, or with --check compare them with it.

    Args:
        script: Its path.
        version: Of the peer.
        ask: Gives the plain answers, by name.

    Returns:
        The exit status: 1 if an answer is no longer the recorded one.
    """
    peer = Path(script).parent.name
    parser = argparse.ArgumentParser(prog=f"python -m peers.{peer}.record")
    parser.add_argument("--check", action="store_true", help="compare with what is recorded, and write nothing")
    if parser.parse_args().check:
        expected = recorded(peer)
        if expected["version"] != version:
            print(f"note: {peer} {expected['version']} was recorded, this is {version}")
        found = list(differences(expected["answers"], json.loads(json.dumps(ask()))))
        print("\n".join(found) or f"{peer} {version} answers {len(expected['answers'])} questions as recorded.")
        return 1 if found else 0
    answers = ask()
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(answer)}" for name, answer in answers.items())
    about = json.dumps({"peer": peer, "version": version, "script": f"tests/peers/{peer}/{Path(script).name}"})
    path = FOLDER / peer / "recorded.json"
    path.write_text(f'{about[:-1]}, "answers": {{\n{lines}\n}}}}\n', encoding="utf-8")
    print(f"{len(answers)} answers of {peer} {version} written to {path}")
    return 0
