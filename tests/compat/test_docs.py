"""Every Python snippet of the page for users of gensim runs.

The README and docs/guide/ are run page by page in tests/docs, tutorials by `make docs`, and the gallery, which needs
data that are not here, by docs/draw_gallery.py.
"""

import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["docs/migrating-from-gensim.md"]
TEXT = "the cat sat on the mat\nthe dog sat on the rug\na cat and a dog met on the mat\n" * 20


def snippets() -> list[tuple[str, int, str]]:
    """Page, line and code of every block marked as Python."""
    found = []
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for block in re.finditer(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
            found.append((page, text.count("\n", 0, block.start()) + 2, block[1]))
    return found


SNIPPETS = snippets()


def test_every_page_has_snippets() -> None:
    assert {page for page, _, _ in SNIPPETS} == set(PAGES)


@pytest.mark.parametrize(("page", "line", "code"), SNIPPETS, ids=[f"{page}:{line}" for page, line, _ in SNIPPETS])
def test_the_snippet_runs(page: str, line: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus.txt").write_text(TEXT, encoding="utf-8")
    # blank lines put the code at its own line of the page, in tracebacks
    earlier = "" if "import" in code else "import fastemb"
    (tmp_path / "snippet.py").write_text(earlier + "\n" * (line - 1) + code, encoding="utf-8")
    runpy.run_path(str(tmp_path / "snippet.py"))


PROGRAM = """\
from gensim.models import Word2Vec
from gensim.models import KeyedVectors, Word2Vec as W2V
from gensim.models import Word2Vec, FastText
from gensim.models import Word2Vec, Doc2Vec
from gensim.models.fasttext import load_facebook_model
from gensim.models import LdaModel
from gensim.models.word2vec import LineSentence, Text8Corpus
from gensim.models.callbacks import CallbackAny2Vec
from gensim.models.callbacks import PerplexityMetric
from gensim.models.phrases import Phrases
import gensim.models.keyedvectors as kv
model = gensim.models.Word2Vec(gensim.models.FastText, gensim.models.KeyedVectors)
other = gensim.models.word2vec_like
"""
CHANGED = """\
from fastemb.models import Word2Vec
from fastemb.models import KeyedVectors, Word2Vec as W2V
from fastemb.models import Word2Vec, FastText
from fastemb.models import Word2Vec, Doc2Vec
from fastemb.models.fasttext import load_facebook_model
from gensim.models import LdaModel
from fastemb.models.word2vec import LineSentence, Text8Corpus
from fastemb.models.callbacks import CallbackAny2Vec
from gensim.models.callbacks import PerplexityMetric
from fastemb.models.phrases import Phrases
import fastemb.models.keyedvectors as kv
model = fastemb.models.Word2Vec(fastemb.models.FastText, fastemb.models.KeyedVectors)
other = gensim.models.word2vec_like
"""


def test_the_guides_command_changes_what_fastemb_has_and_nothing_else(tmp_path: Path) -> None:
    shell = shutil.which("sh")
    if shell is None or "GNU" not in subprocess.run(["sed", "--version"], capture_output=True, text=True).stdout:
        pytest.skip("needs GNU sed")
    text = (ROOT / "docs/migrating-from-gensim.md").read_text(encoding="utf-8")
    command = re.search(r"^    sed -i(?:.*\\\n)*.*\*\.py$", text, flags=re.MULTILINE)
    assert command is not None
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    subprocess.run([shell, "-c", command[0]], cwd=tmp_path, check=True)
    assert (tmp_path / "program.py").read_text(encoding="utf-8") == CHANGED
