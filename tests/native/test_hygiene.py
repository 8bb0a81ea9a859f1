"""The C core is pure: no Python, no output, no end of the process, nothing that changes and outlives a call."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSRC = Path(__file__).parents[2] / "csrc"
FILES = sorted(path for path in CSRC.glob("*.[ch]"))

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
    allocating = {path.name for path in FILES if re.search(r"\b(?:malloc|calloc|realloc|free)\s*\(", bare(path))}
    assert allocating <= {"text.c"}


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
