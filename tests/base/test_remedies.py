"""What messages tell people to call exists, with the arguments that they name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import fastemb
from fastemb.cli.parser import command_line
from fastemb.phrases import FrozenPhrases, Phrases

PACKAGE = Path(fastemb.__file__).parent
API = (Path(__file__).parents[1] / "compat" / "public_api.txt").read_text(encoding="utf-8")
CLASSES = {
    "KeyedVectors": fastemb.KeyedVectors,
    "Word2Vec": fastemb.Word2Vec,
    "Item2Vec": fastemb.Item2Vec,
    "Corpus": fastemb.Corpus,
    "Interactions": fastemb.Interactions,
    "Phrases": Phrases,
    "FrozenPhrases": FrozenPhrases,
    "Graph": fastemb.Graph,
    "Node2Vec": fastemb.Node2Vec,
    "DeepWalk": fastemb.DeepWalk,
}
DISPLAYS = ("__str__", "__repr__", "table", "_show", "_repr_html_")  # the last three write HTML


def messages() -> Iterator[tuple[str, str]]:
    """Every string in the code that is no docstring and no part of a display, and where it is."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        displays = [node for node in ast.walk(tree) if getattr(node, "name", "") in DISPLAYS]
        others = documentation | {id(node) for display in displays for node in ast.walk(display)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in others:
                yield f"{path.relative_to(PACKAGE)}, line {node.lineno}", node.value


MESSAGES = list(messages())


def test_calls_that_messages_name_exist() -> None:
    names = "|".join(CLASSES)
    found = [(where, *call) for where, text in MESSAGES for call in re.findall(rf"\b({names})\.([a-z]\w+)", text)]
    assert len(found) > 20
    assert [call for call in found if not hasattr(CLASSES[call[1]], call[2])] == []


def test_arguments_that_messages_name_exist() -> None:
    known = set(re.findall(r"[(, ](\w+)[=,)]", API))
    found = [(where, name) for where, text in MESSAGES for name in re.findall(r"\b([a-z]\w+)=(?![=/>\w]*\{)", text)]
    assert len(found) > 20
    assert [one for one in found if one[1] not in known] == []


@pytest.mark.parametrize(
    "command",
    sorted(
        {
            command
            for _, text in MESSAGES
            for command in re.findall(
                r"(?:'|: )fastemb ([a-z]+(?: (?:build|info|head|train|similar|recommend|eval))?)", text
            )
        }
    ),
)
def test_commands_that_messages_name_exist(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line(command.split()[0]).parse_args([*command.split(), "--help"])
    assert caught.value.code == 0
