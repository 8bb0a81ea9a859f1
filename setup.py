"""Build of the C core and its binding. Everything else is in pyproject.toml.

Environment variables, for developers:
    FASTEMB_SANITIZE=1   AddressSanitizer and UndefinedBehaviorSanitizer
    FASTEMB_COVERAGE=1   gcov counters
"""

import os
import sys
import sysconfig
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# Free-threaded Pythons have no stable ABI yet: they get a build of their own.
STABLE_ABI = not sysconfig.get_config_var("Py_GIL_DISABLED")

macros: list[tuple[str, str | None]] = [("Py_LIMITED_API", "0x030B0000")] if STABLE_ABI else []

compile_for_tests = any(os.environ.get(name) == "1" for name in ("FASTEMB_SANITIZE", "FASTEMB_COVERAGE"))
compile_args: list[str] = []
link_args: list[str] = []
if sys.platform != "win32":
    compile_args += ["-std=c11", "-O3", "-g0", "-fvisibility=hidden"]
    link_args += ["-lm"]
if os.environ.get("FASTEMB_SANITIZE") == "1":
    compile_args += ["-g", "-O1", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
    link_args += ["-fsanitize=address,undefined"]
if os.environ.get("FASTEMB_COVERAGE") == "1":
    compile_args += ["-O0", "--coverage", "-fprofile-update=atomic"]  # the tests run several threads
    link_args += ["--coverage"]

native = Extension(
    "fastemb._native",
    sources=["fastemb/_native.pyx", *sorted(str(path) for path in Path("csrc").glob("*.c"))],
    depends=sorted(str(path) for path in Path("csrc").glob("*.h")),
    include_dirs=["csrc"],
    define_macros=macros,
    extra_compile_args=compile_args,
    extra_link_args=link_args,
    py_limited_api=STABLE_ABI,
)


class BuildExtension(build_ext):
    """Also puts the extension beside its sources, so that `import fastemb` works in this folder after any install."""

    def run(self) -> None:
        """Build, then copy."""
        super().run()
        if not self.inplace and not compile_for_tests:
            self.copy_extensions_to_source()


setup(
    ext_modules=cythonize([native], language_level=3),
    cmdclass={"build_ext": BuildExtension},
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if STABLE_ABI else {},
)
