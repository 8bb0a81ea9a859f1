"""Which instruction set runs, and what this build is made of."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache

import numpy as np

from . import _native
from ._version import __version__

ISA_VARIABLE = "FASTEMB_ISA"


def available_cpus() -> int:
    """CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def choose_isa(wanted: str | None) -> str:
    """Name of the kernel to run: the widest that this CPU supports, or the one that is asked for.

    Raises:
        RuntimeError: the name is unknown, or names an instruction set that this CPU does not have.
    """
    supported = {name: works for name, _, works in _native.kernels()}
    if not wanted:
        return [name for name, works in supported.items() if works][-1]
    usable = ", ".join(name for name, works in supported.items() if works)
    if wanted not in supported:
        raise RuntimeError(f"{ISA_VARIABLE}={wanted!r} is not a kernel of this build; use one of: {usable}")
    if not supported[wanted]:
        raise RuntimeError(f"{ISA_VARIABLE}={wanted!r}: this CPU does not support it; use one of: {usable}")
    return wanted


@cache
def isa() -> str:
    """Name of the kernel that this process runs, chosen when first asked for.

    Raises:
        RuntimeError: the environment variable FASTEMB_ISA names a kernel that cannot run here.
    """
    return choose_isa(os.environ.get(ISA_VARIABLE))


def show_config() -> None:
    """Print the version, the instruction sets compiled and in use, and the CPUs."""
    compiled = [
        f"{name} ({lanes} floats{'' if works else ', not on this CPU'})" for name, lanes, works in _native.kernels()
    ]
    print(f"fastemb     {__version__}")
    print(f"Python      {platform.python_version()} ({sys.implementation.name}), NumPy {np.__version__}")
    print(f"platform    {platform.system()} {platform.machine()}")
    print(f"kernels     {', '.join(compiled)}")
    print(f"in use      {isa()}{' (set by ' + ISA_VARIABLE + ')' if os.environ.get(ISA_VARIABLE) == isa() else ''}")
    print(f"CPUs        {available_cpus()} for this process")
