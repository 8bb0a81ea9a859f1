"""Rules of the C core.

It is pure: no Python, no output, no end of the process, nothing that changes and outlives a call. Its folders are
rooms, and a room includes only what it may. No function has more than ten parameters.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSRC = Path(__file__).parents[2] / "csrc"
FILES = sorted(path for path in CSRC.rglob("*.[ch]"))
BINDING = sorted(
    path for path in (Path(__file__).parents[2] / "fastemb").glob("**/*.p[xy][xdi]") if path.suffix != ".pyi"
)

# What each room may include, besides itself. A room's public header is ROOM/ROOM.h; fastemb.h includes all of these.
MAY_INCLUDE = {
    "common": set(),
    "kernels": {"common"},
    "rows": {"common", "kernels"},
    "graph": {"common"},
    "text": {"common"},
    "train": {"common", "kernels"},
    "search": {"common", "kernels"},
}
MOST_PARAMETERS = 10

FORBIDDEN = {
    "Python.h": r'#\s*include\s*[<"]Python\.h',
    "output": r"\b(?:printf|fprintf|vprintf|puts|putchar|fputs|fputc|fwrite|perror|write)\s*\(|\bstd(?:out|err)\b",
    "the end of the process": r"\b(?:exit|_exit|_Exit|quick_exit|abort|raise|longjmp|assert)\s*\(",
    "the environment": r"\b(?:getenv|setenv|system|popen|fopen|open)\s*\(",
    "threads": r"#\s*(?:include\s*<(?:pthread|threads|omp)\.h>|pragma\s+omp)|\b_Thread_local\b",
    "the C library's random numbers": r"\b(?:rand|srand|random|drand48)\s*\(",
    "the clock": r"\b(?:time|clock|gettimeofday|clock_gettime)\s*\(",
}


def bare(path: Path) -> str:
    """Source without comments and the contents of literals."""
    literals = r'/\*.*?\*/|//[^\n]*|(#\s*include[^\n]*)|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\''
    return re.sub(literals, lambda match: match[1] or " ", path.read_text(), flags=re.DOTALL)


def mutable_statics(source: str) -> list[str]:
    """Variables that live as long as the process and may change: declared static, or outside every block.

    A pointer is constant only when the last part of its type says so.
    """
    source = re.sub(r"^[ \t]*#.*$", "", source.replace("\\\n", " "), flags=re.MULTILINE)
    source = re.sub(r"\b(struct|union|enum)(\s+\w+)?\s*\{[^{}]*\}", r"\1\2", source)
    declarations = re.findall(r"\bstatic\b([^;{}()=]*)(?=[;=])", source)
    depth, outside = 0, []
    for character in source:
        depth += (character == "{") - (character == "}")
        outside.append(character if depth == 0 else " ")
    for statement in re.split(r"[;}]", "".join(outside)):
        head = statement.split("=")[0].strip()
        is_type = re.fullmatch(r"typedef\b.*|(?:enum|struct|union)(?:\s+\w+)?", head)
        if head and "(" not in head and not is_type and not head.startswith("static"):
            declarations.append(head)
    return [text.strip() for text in declarations if not re.search(r"\bconst\b[^*]*$", text)]


def includes(path: Path) -> list[str]:
    """The core's own headers that a file includes."""
    return re.findall(r'^\s*#\s*include\s*"([^"]+)"', path.read_text(), flags=re.MULTILINE)


def parameter_counts(source: str) -> dict[str, int]:
    """Every function that is declared or defined, with the number of its parameters."""
    source = re.sub(r"^[ \t]*#.*$", ";", source.replace("\\\n", " "), flags=re.MULTILINE)
    source = re.sub(r"\bISA\((\w+)\)", r"\1", source)
    found: dict[str, int] = {}
    for match in re.finditer(
        r"(?<=[;{}])\s*\w[\w\s*]*[\s*](\w+)\s*\(((?:[^()]|\([^()]*\))*)\)\s*(?=[{;])", ";" + source
    ):
        parameters = re.sub(r"\([^()]*\)", "", match[2])
        found[match[1]] = max(found.get(match[1], 0), parameters.count(",") + 1)
    return found


def binding_parameter_counts(source: str) -> dict[str, int]:
    """Every function of Cython code that is defined or declared, with the number of its parameters but for self."""
    source = re.sub(r'""".*?"""|#[^\n]*', "", source, flags=re.DOTALL)
    found: dict[str, int] = {}
    for match in re.finditer(
        r"^\s*(?:cdef|def|cpdef|[\w ]+\*?)\s*\b(\w+)\(([^()]*)\)[^\n]*$", source, flags=re.MULTILINE
    ):
        names = [name for name in match[2].split(",") if name.strip() not in ("", "self")]
        # a memoryview's shape has a comma: float[:, ::1]
        found[match[1]] = max(found.get(match[1], 0), len(names) - match[2].count("[:, "))
    return found


@pytest.mark.skipif(not FILES, reason="the C sources are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
class TestPurity:
    @pytest.mark.parametrize("what", FORBIDDEN)
    def test_the_core_does_without(self, path: Path, what: str) -> None:
        assert not re.search(FORBIDDEN[what], bare(path)), f"{path.name} uses {what}"

    def test_nothing_outlives_a_call(self, path: Path) -> None:
        assert mutable_statics(bare(path)) == []


@pytest.mark.skipif(not FILES, reason="the C sources are not here")
def test_only_the_token_table_allocates() -> None:
    allocating = {
        str(path.relative_to(CSRC)) for path in FILES if re.search(r"\b(?:malloc|calloc|realloc|free)\s*\(", bare(path))
    }
    assert allocating <= {"text/text.c"}


@pytest.mark.skipif(not FILES, reason="the C sources are not here")
class TestRooms:
    def test_every_folder_is_a_room_with_a_public_header(self) -> None:
        assert {path.relative_to(CSRC).parts[0] for path in FILES} == {*MAY_INCLUDE, "fastemb.h"}
        assert includes(CSRC / "fastemb.h") == [f"{room}/{room}.h" for room in sorted(MAY_INCLUDE)]

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_a_room_includes_only_what_it_may(self, path: Path) -> None:
        if path.parent == CSRC:
            return
        room = path.parent.name
        for name in includes(path):
            assert (CSRC / name).is_file(), f"{path.name} includes {name}, which does not start at csrc/"
            assert name.split("/")[0] in {room, *MAY_INCLUDE[room]}, f"{path.name} includes {name}"


@pytest.mark.skipif(not FILES, reason="the C sources are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_function_has_many_parameters(path: Path) -> None:
    many = {name: count for name, count in parameter_counts(bare(path)).items() if count > MOST_PARAMETERS}
    assert not many, "group the parameters in a struct"


@pytest.mark.skipif(not BINDING, reason="the sources of the binding are not here")
@pytest.mark.parametrize("path", BINDING, ids=lambda path: path.name)
def test_no_function_of_the_binding_has_many_parameters(path: Path) -> None:
    many = {
        name: count for name, count in binding_parameter_counts(path.read_text()).items() if count > MOST_PARAMETERS
    }
    assert not many, "group the parameters in a class"


def test_parameters_are_counted() -> None:
    assert parameter_counts(
        """
        int f(int a, int b);
        static const struct x *g(void (*h)(int, int), float (*const *i)[3]) {
            x = call(1, 2, 3);
        }
        FE_INLINE vf ISA(load)(const float *p,
                               int count) {
        }
        struct t { int (*member)(int, int, int); };
        """
    ) == {"f": 2, "g": 2, "load": 2}
    counts = binding_parameter_counts(
        'def f(str a, float[:, ::1] b not None,\n      c=None):\n    """Text (a, b)."""\n    g(a)\n'
        "cdef int h(self, int64_t x) except -1:\n    const char *name(const fe_kernel *kernel, int i)\n"
    )
    assert (counts["f"], counts["h"], counts["name"]) == (3, 1, 2)


@pytest.mark.parametrize(
    "source",
    [
        "static int calls;",
        "static int calls = 0;",
        "int calls;",
        "int calls = 0;",
        "static const char *last = NULL;",
        "void f(void) { static int calls; calls++; }",
        "static float table[16];",
        "char buffer[] = {1, 2};",
        "struct pair last;",
        "struct pair { int a; } last;",
        "static struct { int a; } last;",
        "struct pair *last;",
    ],
)
def test_the_check_finds_a_mutable_static(source: str) -> None:
    assert mutable_statics(source)


@pytest.mark.parametrize(
    "source",
    [
        "static const int table[] = {1, 2};",
        "static const char *const names[] = {0};",
        "static inline int f(int a) { return a; }",
        "extern const struct kernel base, wide;",
        "struct pair { int a, b; };",
        "enum { SIZE = 3 };",
        "typedef float vf;",
        "static int f(void);",
        "int f(int a);",
        "const struct kernel base = {0};",
        "#define X static int y;\n",
        "#define X \\\n static int y; \\\n int z;\n",
        "struct table;",
        "typedef struct { float lane[4]; } vf;",
        "static const struct { int (*f)(void); } table[] = {{0}};",
    ],
)
def test_the_check_passes_what_is_constant(source: str) -> None:
    assert not mutable_statics(source)
