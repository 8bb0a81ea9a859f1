"""Programs that people write for gensim run on fastemb with another import; the answers are gensim's."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

import fastemb.models
from peers import differences, plain, recorded
from peers.gensim.recipes import RECIPES

PROCESSES = "queries in other processes"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.integration] * (name == PROCESSES)) for name in RECIPES]
)
def test_the_recipe_gives_what_it_gave_with_gensim(name: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = json.loads(json.dumps(plain(RECIPES[name](fastemb.models, tmp_path))))
    assert list(differences(recorded("gensim")["answers"][f"recipe: {name}"], found)) == []
