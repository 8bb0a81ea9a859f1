"""Fixtures that every room of the tests shares, and how many of the slow cases run."""

from __future__ import annotations

import hashlib
import math
import signal
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import settings

from fastemb import _native

# A slow or busy machine is no failure.
settings.register_profile("patient", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=10)  # --hypothesis-profile=quick
settings.load_profile("patient")

# A suite that was started in the background or by nohup inherits SIGINT or SIGHUP as ignored, and so would its
# children; tests of signals need them as a terminal has them.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

USUAL = {
    number: signal.getsignal(number)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if (number := getattr(signal, name, None)) is not None
}


@pytest.fixture(autouse=True)
def _usual_handlers() -> None:
    """A process that an earlier test left ignoring SIGTERM hands that to its children, which cannot be ended then."""
    for number, handler in USUAL.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


ROOT = Path(__file__).parents[1]
ISAS = [name for name, _, supported in _native.kernels() if supported]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of this suite."""
    group = parser.getgroup("fastemb")
    group.addoption(
        "--slow",
        type=int,
        default=100,
        metavar="PERCENT",
        help="how many of the cases of each test marked slow run, at least one unless 0 (default: 100)",
    )
    group.addoption(
        "--cases",
        type=int,
        default=100,
        metavar="PERCENT",
        help="how many of the cases of each other test run, at least one (default: 100)",
    )
    group.addoption("--slow-seed", default="0", metavar="TEXT", help="another seed chooses other cases (0)")


def pytest_report_header(config: pytest.Config) -> str:
    """Say what runs, so that a failure can be repeated."""
    shares = f"--slow {config.getoption('slow')} --cases {config.getoption('cases')}"
    return f"fastemb: kernels {', '.join(ISAS)}; {shares} --slow-seed {_seed(config)}"


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to test a build that is older than its sources."""
    extension = Path(_native.__file__)
    if extension.parent == ROOT / "fastemb":
        sources = [*(ROOT / "csrc").glob("**/*.[ch]"), *extension.parent.glob("**/*.p[xy][xdi]"), ROOT / "setup.py"]
        newer = [path for path in sources if path.stat().st_mtime > extension.stat().st_mtime]
        if newer:
            name = newer[0].relative_to(ROOT)
            raise pytest.UsageError(f"{name} is newer than the compiled core: run 'make build', then test")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out all but a seeded share of each test's cases, of those marked slow another one."""
    seed = _seed(config)
    tests: dict[tuple[str, str], list[pytest.Item]] = defaultdict(list)
    for item in items:
        share = "slow" if item.get_closest_marker("slow") else "cases"
        tests[item.nodeid.partition("[")[0], share].append(item)
    left_out: set[pytest.Item] = set()
    for (_, share), cases in tests.items():
        percent = config.getoption(share)
        cases.sort(key=lambda item: hashlib.sha256(f"{seed} {item.nodeid}".encode()).digest())
        left_out.update(cases[math.ceil(len(cases) * percent / 100) :])
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]


def _seed(config: pytest.Config) -> str:
    return str(config.getoption("slow_seed"))


@pytest.fixture(params=ISAS)
def isa(request: pytest.FixtureRequest) -> str:
    """Each instruction set that this machine can run."""
    name: str = request.param
    return name
