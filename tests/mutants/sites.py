"""Where a source can be changed by one small fault, in C and in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutant:
    """Bytes [begin, end) of a file become others."""

    path: Path
    line: int
    begin: int
    end: int
    new: str

    def applied(self, source: str) -> str:
        return source[: self.begin] + self.new + source[self.end :]

    def described(self, source: str) -> str:
        """The line before and after, and where it is."""
        before, after = (text.splitlines()[self.line - 1].strip() for text in (source, self.applied(source)))
        return f"{self.path}:{self.line}\n    - {before}\n    + {after or '(nothing)'}"


# ---- C ----

_C_OPERATORS = {
    "<=": ("<", ">"),
    ">=": (">", "<"),
    "<": ("<=",),
    ">": (">=",),
    "==": ("!=",),
    "!=": ("==",),
    "&&": ("||",),
    "||": ("&&",),
    "<<": (">>",),
    ">>": ("<<",),
    "+=": ("-=",),
    "-=": ("+=",),
    "++": ("--",),
    "--": ("++",),
    "+": ("-",),
    "-": ("+",),
    "*": ("+",),
    "/": ("*",),
    "%": ("/",),
    "&": ("|",),
    "|": ("&",),
    "^": ("|",),
}
# What is left alone: comments, texts, lines of the preprocessor, and what can only change the speed. That is memory
# sent for before its turn or asked for in large pages, in lines and in functions of such names, and the numbers that
# say how many things are taken at a time.
_C_BLANK = re.compile(
    r'/\*.*?\*/|"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*'
    r"|^[^\n]*(?:PREFETCH|prefetch|send_for|madvise)[^\n]*"
    r"|\b(?:BATCH|AHEAD|MORE_AHEAD|ROWS_AHEAD|COPIES_AHEAD|FE_COPIES_AHEAD|FE_LISTS_AHEAD|FEW|FE_LOOKS|FE_TURNS) = \d+",
    re.DOTALL | re.MULTILINE,
)
_C_BLANK_COMMENTS = re.compile(r"/\*.*?\*/", re.DOTALL)
_C_SENDING = re.compile(
    r"^[^\n;{}]*\w*(?:send_for|prefetch|ask_for_large_pages)\w*\([^;{}]*\{.*?^\}", re.DOTALL | re.MULTILINE
)
_C_TOKEN = re.compile(
    r"(?P<word>[A-Za-z_]\w*)|(?P<number>(?:0[xX][0-9A-Fa-f.]+(?:[pP][+-]?\d+)?|\d+\.?\d*(?:[eE][+-]?\d+)?)[uUlLfF]*)"
    r"|(?P<operator>->|<<=|>>=|<=|>=|==|!=|&&|\|\||<<|>>|[-+*/%&|^]=|\+\+|--|[-+*/%&|^<>])"
)
_C_STATEMENT = re.compile(
    r"^[ \t]+((?!return\b|break\b|continue\b|goto\b|else\b|const\b|static\b)[^\n;{}]*\S;)[ \t]*$", re.M
)
_C_CONDITION = re.compile(r"\b(?:if|while) \(")


def c_mutants(path: Path, source: str) -> Iterator[Mutant]:
    """Operators, constants and conditions changed, and statements left out. Some of them do not compile."""
    code = _C_SENDING.sub(
        lambda found: found[0] if "] = " in found[0] else _blanks(found), _C_BLANK_COMMENTS.sub(_blanks, source)
    )
    code = _C_BLANK.sub(_blanks, code)

    def mutant(begin: int, end: int, new: str) -> Mutant:
        return Mutant(path, source.count("\n", 0, begin) + 1, begin, end, new)

    for found in _C_TOKEN.finditer(code):
        if operator := found["operator"]:
            for new in _C_OPERATORS.get(operator, ()):
                yield mutant(found.start(), found.end(), new)
        elif number := found["number"]:
            yield mutant(found.start(), found.end(), _other_number(number))
    for found in _C_STATEMENT.finditer(code):
        if source[found.start(1) : found.end(1)] == found[1]:
            yield mutant(found.start(1), found.end(1), ";")
    for found in _C_CONDITION.finditer(code):
        close = _closing(code, found.end() - 1)
        yield mutant(found.end(), close, f"!({source[found.end() : close]})")


def _blanks(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _other_number(number: str) -> str:
    """1 becomes 0, as 2 is as true; a whole number in hexadecimal half of itself; any other one 1 more."""
    if re.fullmatch(r"1[uUlL]*", number):
        return f"0{number[1:]}"
    if re.fullmatch(r"0[xX][0-9A-Fa-f]+[uUlL]*", number):
        return f"({number} >> 1)"
    return f"({number} + 1)"


def _closing(code: str, at: int) -> int:
    """Where the bracket closes that opens there."""
    depth = 0
    for end in range(at, len(code)):
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        if depth == 0:
            return end
    raise ValueError("a bracket is not closed")


# ---- Python ----

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


def python_mutants(path: Path, source: str) -> Iterator[Mutant]:
    """The same for Python. Annotations, texts and what is there for type checkers are left alone."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def place(line: int, column: int) -> int:
        start = starts[line - 1]
        text = source[start : starts[line]]
        return start + len(text.encode()[:column].decode())

    for node in _running(ast.parse(source)):
        begin = place(node.lineno, node.col_offset)
        end = place(node.end_lineno or 0, node.end_col_offset or 0)
        for new in _changed(node):
            yield Mutant(path, node.lineno, begin, end, new)


# Numbers that say how much is taken at a time, which nothing but memory and speed depends on.
_AT_A_TIME = frozenset(
    ("BLOCK", "WRITTEN_ROWS", "_BLOCK_BYTES", "_BLOCK_VALUES", "_FIRST_VALUES", "_INPUT_BYTES", "_PART", "_PART_VALUES")
)


def _running(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """What is computed when the program runs."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr | ast.Import | ast.ImportFrom):
                continue
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) in ("__all__", "ABOUT"):
                continue
            if isinstance(child, ast.expr | ast.stmt):
                yield child
            at_a_time = isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) in _AT_A_TIME
            yield from (found for found in _running(child) if not (at_a_time and isinstance(found, ast.Constant)))


def _changed(node: ast.expr | ast.stmt) -> Iterator[str]:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARED:
            yield f"({ast.unparse(ast.Compare(left, [_COMPARED[type(op)]()], [right]))})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _COMPUTED and not _is_text(left):
            yield f"({ast.unparse(ast.BinOp(left, _COMPUTED[type(op)](), right))})"
        case ast.BoolOp(op=op, values=values):
            yield f"({ast.unparse(ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values))})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield f"({ast.unparse(operand)})"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield f"({ast.unparse(ast.IfExp(test, orelse, body))})"
        case ast.Constant(value=bool(value)):
            yield str(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield "0" if value == 1 and isinstance(value, int) else f"({value!r} + 1)"
        case ast.Break():
            yield "continue"
        case ast.Continue():
            yield "break"
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield "return None"
        case ast.Raise() | ast.AugAssign() | ast.Delete():
            yield "pass"
        case ast.Expr(value=ast.Call() | ast.Await()):
            yield "pass"


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
