"""Maps as pages: what is in them, that keys stay text, and what is refused."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile_space import HOSTILE, KEYS, KINDS, space

from fastemb import Interactions, Item2Vec, KeyedVectors, Word2Vec
from fastemb.explorer import Explorer, explore
from fastemb.layers import Embedding

pytest.importorskip("plotly")
pytest.importorskip("openTSNE")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wv() -> KeyedVectors:
    return space()


@pytest.fixture(scope="module")
def made(wv: KeyedVectors) -> Explorer:
    """A map of all keys but for the last twenty."""
    return wv.explore(restrict_vocab=len(KEYS) - 20, method="pca", topn=7)


def held(page: Explorer) -> tuple[dict[str, Any], list[np.ndarray]]:
    """What the page describes, and its arrays."""
    parts = dict(re.findall(r'<script type="text/plain" id="data-(\w+)">([^<]*)</script>', page.html))
    about = json.loads(gzip.decompress(base64.b64decode(parts["about"])))
    packed = gzip.decompress(base64.b64decode(parts["arrays"]))
    arrays = []
    for one in about["arrays"]:
        kind = one["type"].removesuffix("Array").lower()
        arrays.append(np.frombuffer(packed[: one["bytes"]], kind))
        packed = packed[one["bytes"] :]
    assert not packed
    return about, arrays


class Elements(HTMLParser):
    """The elements of a page, and the texts of its programs."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.programs: list[str] = []
        self._is_program = False
        self.policy = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self._is_program = tag == "script" and ("type", "text/plain") not in attrs
        self.policy += next((value or "" for name, value in attrs if name == "content" and "-src" in (value or "")), "")

    def handle_endtag(self, tag: str) -> None:
        self._is_program = False

    def handle_data(self, data: str) -> None:
        if self._is_program:
            self.programs.append(data)


# ---- what is in the page ----


def test_the_page_has_the_neighbours_of_most_similar(made: Explorer, wv: KeyedVectors) -> None:
    about, (_, near, cosines, *_) = held(made)
    assert (about["count"], about["nearest"]) == (len(made.keys), 7)
    names = [name.replace("\ud800", "?") for name in KEYS]
    for row, key in enumerate(made.keys):
        expected = wv.most_similar(key, topn=7)
        found = [about["names"][at] for at in near.reshape(-1, 7)[row]]
        assert found == [names[KEYS.index(other)] for other, _ in expected]
        np.testing.assert_allclose(cosines.reshape(-1, 7)[row] / 32767, [cosine for _, cosine in expected], atol=2e-5)
    beyond = {*about["names"][about["count"] :]}
    assert beyond
    assert beyond <= {*KEYS[-20:]}


def test_places_are_those_of_the_map(made: Explorer) -> None:
    _, (places, *_) = held(made)
    found = places.reshape(2, -1).T.astype(float)
    low, high = made.positions.min(axis=0), made.positions.max(axis=0)
    np.testing.assert_allclose(found / 65535, (made.positions - low) / (high - low).max(), atol=1e-5)


def test_fewer_neighbours_where_there_are_fewer_keys() -> None:
    few = KeyedVectors(4)
    few.add_vectors(["a", "b", "c"], np.eye(3, 4, dtype=np.float32))
    about, (_, near, *_) = held(few.explore())
    assert about["nearest"] == 2
    assert sorted(near.reshape(3, 2)[1].tolist()) == [0, 2]


def test_many_names_need_more_than_16_bits() -> None:
    random = np.random.default_rng(0)
    many = KeyedVectors(4)
    many.add_vectors(list(range(66_000)), random.normal(size=(66_000, 4)).astype(np.float32))
    about, (_, near, *_) = held(many.explore(restrict_vocab=66_000, method="pca", topn=1, clusters=0))
    assert about["arrays"][1]["type"] == "Int32Array"
    for row in (0, 65_999):
        assert about["names"][near[row]] == str(many.most_similar(row, topn=1)[0][0])


def test_columns_are_attributes_and_clusters(wv: KeyedVectors) -> None:
    wide = space()
    wide.expandos["all different"] = np.array([f"title {row}" for row in range(len(KEYS))])
    wide.expandos["two wide"] = np.zeros((len(KEYS), 2))
    wide.expandos["objects"] = np.array([{} for _ in KEYS], object)
    wide.expandos["one"] = np.array(["same"] * len(KEYS))
    wide.expandos["some"] = np.array(
        [None if row % 2 else "yes" if row % 3 else "no" for row in range(len(KEYS))], object
    )
    wide.expandos["part"] = np.where(np.arange(len(KEYS)) % 5, np.nan, np.arange(len(KEYS)) / 7)
    page = wide.explore(method="pca")
    assert page.columns == ["clusters", "count", "kind", "<b>length</b>", "some", "part"]
    about, arrays = held(page)
    named = dict(zip(page.columns, arrays[3:], strict=True))
    groups = {column["name"]: column["groups"] for column in about["columns"]}
    assert [groups["kind"][at] for at in named["kind"]] == wide.expandos["kind"].tolist()
    assert [None if at == 255 else groups["some"][at] for at in named["some"]] == wide.expandos["some"].tolist()
    assert groups["count"] is None
    np.testing.assert_array_equal(named["count"], wide.expandos["count"])
    np.testing.assert_array_equal(named["part"], wide.expandos["part"])
    assert len(groups["clusters"]) == 6


@pytest.mark.parametrize("color", ["kind", {"animal0": "one", "river0": "two"}, [len(key) for key in KEYS]])
def test_color_comes_first(wv: KeyedVectors, color: Any) -> None:
    page = wv.explore(method="pca", color=color, clusters=2)
    assert page.columns[0] == ("kind" if color == "kind" else "color")
    assert page.columns.count("kind") == 1


def test_t_sne_is_that_of_plot_and_the_same_seed_gives_the_same_page(wv: KeyedVectors) -> None:
    page = wv.explore(keys=KEYS[len(HOSTILE) :])
    picture = wv.plot(KEYS[len(HOSTILE) :], labels=0)
    np.testing.assert_array_equal(page.positions, picture.positions)
    assert page.numbers.items() <= picture.numbers.items()
    assert wv.explore().html == wv.explore(seed=1).html != wv.explore(seed=2).html


def test_models_items_and_layers_have_maps() -> None:
    baskets = [[f"i{number}", f"i{(number + 1) % 12}"] for number in range(12)] * 5
    items = Item2Vec(8, min_count=1, epochs=1, workers=1)
    items.fit(Interactions.from_baskets(baskets))
    items.titles = {f"i{number}": f"Item <{number}>" for number in range(12)}
    about, _ = held(explore(items))
    assert sorted(about["names"]) == sorted(f"i{number}" for number in range(12))
    assert about["titles"] == [f"Item <{name[1:]}>" for name in about["names"]]
    words = Word2Vec([list("abcdefghijkl")] * 5, vector_size=8, min_count=1, epochs=1, workers=1)
    assert explore(words).keys == words.wv.index_to_key == words.wv.explore().keys
    assert explore(Embedding.from_pretrained(words.wv)).keys == words.wv.index_to_key


def test_integer_keys_and_equal_vectors() -> None:
    same = KeyedVectors(4)
    same.add_vectors([10, 20, 30, 40], np.array([[1, 1, 1, 1]] * 3 + [[1, 2, 1, 1]], np.float32))
    page = same.explore()
    assert page.keys == [10, 20, 30, 40]
    assert held(page)[0]["names"] == ["10", "20", "30", "40"]


# ---- keys stay text ----


def test_no_key_gets_into_the_page_but_as_data(made: Explorer, wv: KeyedVectors) -> None:
    other = KeyedVectors(3)
    other.add_vectors(["a", "b", "c"], np.eye(3, dtype=np.float32))
    plain = other.explore(title="plain")
    hostile = wv.explore(method="pca", color=dict.fromkeys(KEYS, HOSTILE[0]), title=HOSTILE[0])
    assert Elements(hostile.html).names == Elements(plain.html).names
    assert "hacked" not in hostile.html.replace(html.escape(HOSTILE[0]), "")
    about = held(hostile)[0]
    assert about["names"][: len(HOSTILE)] == [key.replace("\ud800", "?") for key in HOSTILE]
    assert about["title"] == HOSTILE[0]


def test_only_the_two_programs_of_the_page_may_run(made: Explorer) -> None:
    page = Elements(made.html)
    packed = re.search(r'id="data-library">([^<]*)<', made.html)
    assert packed is not None
    programs = [*page.programs, gzip.decompress(base64.b64decode(packed[1])).decode()]
    hashes = {base64.b64encode(hashlib.sha256(program.encode()).digest()).decode() for program in programs}
    assert len(hashes) == 2
    assert {*re.findall(r"'sha256-([^']*)'", page.policy)} == hashes
    assert page.policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in page.policy.partition("style-src")[0]


def test_nothing_in_the_page_names_another_address() -> None:
    folder = ROOT / "fastemb" / "explorer"
    for name in ("page.html", "page.css", "page.js"):
        text = (folder / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//\w+\.\w+/|\bfetch\(|XMLHttpRequest|innerHTML|insertAdjacent|\beval\b", text), (
            name
        )


# ---- files and notebooks ----


@pytest.mark.parametrize("name", ["map.html", "map.HTM", Path("map.html")])
def test_the_page_is_written(wv: KeyedVectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: Any) -> None:
    monkeypatch.chdir(tmp_path)
    page = wv.explore(name, method="pca")
    assert (tmp_path / name).read_text(encoding="utf-8") == page.html
    assert [path.name for path in tmp_path.iterdir()] == [str(name)]
    assert repr(page).startswith("Explorer(132 keys, trustworthiness=0.")
    assert str(name) in repr(page)
    page.save("again.html")
    assert Path("again.html").read_bytes() == Path(name).read_bytes()


def test_a_notebook_shows_a_page_that_was_not_written(made: Explorer, wv: KeyedVectors, tmp_path: Path) -> None:
    shown = made._repr_html_()
    assert shown is not None
    found = re.fullmatch(r'<iframe ([^>"]*"[^>"]*")* height="640" srcdoc="([^"]*)"></iframe>', shown)
    assert found is not None
    assert html.unescape(found[2]) == made.html
    assert "allow-same-origin" not in shown
    assert wv.explore(tmp_path / "map.html", method="pca")._repr_html_() is None


# ---- what is refused ----


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"path": "map.png"}, ValueError, r"map\.png: .* must end with \.html, not \.png"),
        ({"path": "map"}, ValueError, r"map: .* must end with \.html$"),
        ({"path": "nowhere/map.html", "method": "pca"}, FileNotFoundError, "nowhere"),
        ({"path": 3}, TypeError, "expected str, bytes or os.PathLike object, not int"),
        ({"keys": ["animal0", "river0"]}, ValueError, "at least 3 keys, not 2"),
        ({"restrict_vocab": 2}, ValueError, "at least 3 keys, not 2"),
        ({"restrict_vocab": 0}, ValueError, "restrict_vocab"),
        ({"keys": ["animal0", "river0", "animall0"]}, KeyError, "did you mean 'animal0'"),
        ({"keys": ["animal0", "river0", "river1"], "restrict_vocab": 5}, ValueError, "exclude each other"),
        ({"color": "knid"}, ValueError, "no attribute 'knid'; did you mean 'kind'"),
        ({"color": [1, 2, 3]}, ValueError, "color has 3 values, but 132 keys"),
        ({"color": 5}, TypeError, "color must be"),
        ({"color": {}}, ValueError, "color has no value for any of the 132 keys that are drawn"),
        ({"clusters": 37}, ValueError, "clusters must be 0 to 36, not 37"),
        ({"clusters": -1}, ValueError, "clusters must be 0 to 36"),
        ({"topn": 0}, ValueError, "topn must be 1 to 100, not 0"),
        ({"topn": 101}, ValueError, "topn must be 1 to 100, not 101"),
        ({"topn": "5"}, TypeError, "topn"),
        ({"method": "umap"}, ValueError, "'tsne', 'pca'"),
        ({"perplexity": 50}, ValueError, "perplexity=50 needs at least 151 keys"),
        ({"perplexity": 5, "method": "pca"}, ValueError, "leave it out"),
        ({"seed": -1}, ValueError, "seed"),
        ({"title": 5}, TypeError, "title must be a str, not int"),
        ({"colour": "kind"}, TypeError, "did you mean 'color'"),
    ],
)
def test_wrong_arguments_are_named(
    wv: KeyedVectors,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=words):
        wv.explore(**arguments)
    assert not list(tmp_path.iterdir())


def test_a_vector_that_is_not_finite_is_named() -> None:
    bad = space()
    bad.vectors[20, 0] = np.nan
    with pytest.raises(ValueError, match=KEYS[20]):
        bad.explore()


@pytest.mark.parametrize("vectors", [np.ones((4, 4)), np.zeros((4, 4)), np.outer([1, 2, 3, 7], np.ones(4))])
def test_vectors_of_which_there_is_nothing_to_see_are_refused(vectors: Any) -> None:
    same = KeyedVectors(4)
    same.add_vectors(list("abcd"), vectors)
    with pytest.raises(ValueError, match="all 4 keys point the same way"):
        same.explore()


def test_an_attribute_that_no_key_on_the_map_has_is_left_out() -> None:
    some = space()
    some.expandos["year"] = np.array([None] * 100 + [1984, 1985] * ((len(some) - 100) // 2), object)
    assert "year" not in some.explore(method="pca", restrict_vocab=50).columns
    assert "year" in some.explore(method="pca").columns
    with pytest.raises(ValueError, match="color has no value for any of the 50 keys"):
        some.explore(method="pca", restrict_vocab=50, color="year")


def test_what_has_no_keys_is_refused() -> None:
    with pytest.raises(TypeError, match="KeyedVectors, a model, or a layer with keys, not list"):
        explore([[1.0, 2.0]])


@pytest.mark.parametrize(("module", "package"), [("plotly", "plotly"), ("openTSNE", "openTSNE")])
def test_a_package_that_is_missing_is_named_before_the_work(
    wv: KeyedVectors, monkeypatch: pytest.MonkeyPatch, module: str, package: str
) -> None:
    for name in [one for one in sys.modules if one.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"{package}: pip install 'fastemb\[explore\]'"):
        wv.explore()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert any(requirement.startswith(package) for requirement in extras["explore"])


def test_kinds_are_told_apart(wv: KeyedVectors) -> None:
    """The clusters of the page are those of the vectors."""
    page = wv.explore(method="pca", clusters=3)
    _, arrays = held(page)
    of = arrays[3]
    assert np.mean([len({*of[np.array(wv.expandos["kind"]) == kind].tolist()}) for kind in KINDS]) < 2
