"""Build of the C core and its binding. Everything else is in pyproject.toml.

For developers, the environment variable FASTEMB_BUILD names a special build:
    sanitize      AddressSanitizer and UndefinedBehaviorSanitizer
    debug         no optimisation, and symbols for gdb
    coverage      gcov counters
    plain-bytes   text is read without SSE2, as on CPUs that are not x86
"""

import filecmp
import os
import re
import shutil
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext

# Free-threaded Pythons have no stable ABI yet: they get a build of their own.
STABLE_ABI = not sysconfig.get_config_var("Py_GIL_DISABLED")

macros: list[tuple[str, str | None]] = [("Py_LIMITED_API", "0x030B0000")] if STABLE_ABI else []
compile_args: list[str] = []
link_args: list[str] = []
GNU_ARGS = ["-std=c11", "-O3", "-g0", "-fvisibility=hidden", "-MMD"]
if sys.platform != "win32":
    compile_args += GNU_ARGS
    link_args += ["-lm"]

kind = os.environ.get("FASTEMB_BUILD", "")
if kind == "sanitize":
    compile_args += ["-g", "-O1", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
    link_args += ["-fsanitize=address,undefined"]
elif kind == "debug":
    compile_args += ["-O0", "-g3"]
elif kind == "coverage":
    compile_args += ["-O0", "--coverage", "-fprofile-update=atomic"]  # the tests run several threads
    link_args += ["--coverage"]
elif kind == "plain-bytes":
    macros += [("FE_PLAIN_BYTES", None)]
elif kind:
    raise SystemExit(f"FASTEMB_BUILD={kind}: there is sanitize, debug, coverage and plain-bytes")

native = Extension(
    "fastemb._native",
    sources=["fastemb/_native.pyx", *sorted(str(path) for path in Path("csrc").rglob("*.c"))],
    depends=sorted(str(path) for path in [*Path("csrc").rglob("*.h"), *Path("fastemb/_binding").glob("*.pxi")]),
    include_dirs=["csrc"],
    define_macros=macros,
    extra_compile_args=compile_args,
    extra_link_args=link_args,
    py_limited_api=STABLE_ABI,
)


def is_current(source: str, made: Path) -> bool:
    """Whether an object file is newer than its source and every header that the compiler noted beside it."""
    notes = made.with_suffix(".d")
    if not made.exists() or not notes.exists():
        return False
    named = re.split(r"(?<!\\)\s+", notes.read_text().replace("\\\n", " ").partition(":")[2].strip())
    needed = [Path(name.replace("\\ ", " ")) for name in [source, *named]]
    return all(path.exists() and path.stat().st_mtime < made.stat().st_mtime for path in needed)


class Build(build):
    """Begins with an empty folder, so that no wheel holds a module that was removed since the last one."""

    def run(self) -> None:
        """Build."""
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class BuildExtension(build_ext):
    """Compiles what has changed, several files at once; object files stay in build/, whoever asks for the build."""

    def finalize_options(self) -> None:
        """Choose the folder of object files, by kind of build and by Python."""
        super().finalize_options()
        if kind and self.inplace:
            raise SystemExit(f"FASTEMB_BUILD={kind}: special builds have a folder of their own: make build/{kind}/made")
        self.build_temp = str(Path("build", f"objects-{kind or 'usual'}-{sys.implementation.cache_tag}"))

    def build_extensions(self) -> None:
        """Build, with our own `compile` in place of the compiler's, which makes every object anew."""
        if self.compiler.compiler_type == "mingw32":
            native.extra_compile_args += GNU_ARGS
        self._forget_other_commands()
        compile_all = self.compiler.compile

        def compile_changed(sources: list[str], output_dir: str = "", **options: object) -> list[str]:
            made = dict(zip(sources, self.compiler.object_filenames(sources, output_dir=output_dir), strict=True))
            stale = [source for source in sources if not is_current(source, Path(made[source]))]
            if stale:
                print(f"compiling {len(stale)} of {len(sources)} C files", flush=True)
            with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
                list(pool.map(lambda source: compile_all([source], output_dir=output_dir, **options), stale))
            return list(made.values())

        self.compiler.compile = compile_changed
        super().build_extensions()

    def _forget_other_commands(self) -> None:
        """Drop object files of another compiler or other flags; link anew when a source file was added or removed."""
        flags = (native.define_macros, native.include_dirs, native.extra_compile_args, native.extra_link_args)
        command = repr((self.compiler.compiler_so, self.compiler.linker_so, flags))
        note = Path(self.build_temp, "command")
        if not note.exists() or note.read_text().splitlines()[0] != command:
            shutil.rmtree(self.build_temp, ignore_errors=True)
            note.parent.mkdir(parents=True)
        now = f"{command}\n{native.sources}\n"
        if not note.exists() or note.read_text() != now:
            note.write_text(now)
            self.force = self.compiler.force = True

    def copy_extensions_to_source(self) -> None:
        """Put the extension beside its sources, at once: a Python that runs keeps the one that it has loaded."""
        folder = Path(self.get_finalized_command("build_py").get_package_dir("fastemb"))
        made = Path(self.build_lib, self.get_ext_filename(native.name))
        place = folder / made.name
        if not place.exists() or not filecmp.cmp(made, place, shallow=False):
            shutil.copy(made, f"{place}.new")
            os.replace(f"{place}.new", place)
        place.touch()


setup(
    ext_modules=cythonize([native], language_level=3),
    cmdclass={"build": Build, "build_ext": BuildExtension},
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if STABLE_ABI else {},
)
