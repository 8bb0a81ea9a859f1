"""The ``fastemb`` command.

Ctrl-C, SIGTERM (of ``kill`` and of job schedulers) and SIGHUP (a closed terminal) end every command alike: with one
line and the exit status 130, 143 or 129; ``train`` saves what it has learned. This file imports little, so that they
are heard soon after the start.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from ..signals import Deferred
from .saying import give_up_output, say
from .stopping import hear, ignore, let_go, raise_again, status_of
from .warned import plain_warnings
from .wording import in_options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: What follows the name of the command. Default: the process's own, whose command this is then: it
            ignores signals from the end on, so that they do not change its exit status while Python shuts down.

    Returns:
        The exit status: 0, 1 for an error, 2 for wrong usage, or 128 and the number of the signal that ended it.
    """
    taken = hear()
    try:
        try:
            status = _run(sys.argv[1:] if arguments is None else arguments)
        finally:
            ignore()
    except KeyboardInterrupt as error:
        say("fastemb: interrupted")
        status = status_of(error)
    finally:
        if arguments is not None:
            let_go(taken)
    if status > 128:
        give_up_output()
    return status


def _run(arguments: Sequence[str]) -> int:
    given = list(arguments)
    try:
        with Deferred():  # an import that is broken off may crash in NumPy, or swallow the exception
            parser = import_module(".parser", __name__).command_line(next(iter(arguments), ""))
        options = parser.parse_args(arguments)
        if "FASTEMB_ISA" in os.environ:
            with Deferred():
                import_module("..config", __name__).isa()  # a wrong name is an error before anything is read
        with plain_warnings(given):
            status = int(options.run(options) or 0)
        if status < 128:  # the terminal may be gone
            print(end="", flush=True)
        return status
    except BrokenPipeError:  # whoever reads the output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyError as error:
        raise_again()
        plain = type(error) is KeyError and error.args  # whose own text is in quotation marks
        say(f"fastemb: error: {in_options(str(error.args[0] if plain else error), given)}")
    except (ValueError, TypeError, OSError, ImportError, RuntimeError, ArithmeticError, MemoryError) as error:
        raise_again()
        say(f"fastemb: error: {in_options(str(error) or type(error).__name__, given)}")
    return 1
