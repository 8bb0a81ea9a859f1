"""Pictures: where keys are, what is told in numbers, what is written where, and what is refused."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fastemb import Interactions, Item2Vec, KeyedVectors, Word2Vec, load_vectors
from fastemb.layers import Embedding
from fastemb.plots import (
    Look,
    Picture,
    plot,
    plot_analogies,
    plot_axes,
    plot_cosines,
    plot_drift,
    plot_neighbours,
    plot_training,
    plot_variance,
)
from fastemb.plots.layout import belief, flat

matplotlib = pytest.importorskip("matplotlib")
pytest.importorskip("openTSNE")

from matplotlib.figure import Figure  # noqa: E402

KINDS = ("animal", "colour", "number", "river")
KEYS = [f"{kind}{number}" for number in range(20) for kind in KINDS]


def space(seed: int = 0, size: int = 12) -> KeyedVectors:
    """Eighty keys of four kinds, each kind in a direction of its own."""
    random = np.random.default_rng(seed)
    middles = np.eye(4, size) * 3
    made = KeyedVectors(size)
    rows = np.array([middles[number % 4] for number in range(len(KEYS))]) + random.normal(0, 0.6, (len(KEYS), size))
    made.add_vectors(KEYS, rows.astype(np.float32))
    made.expandos["kind"] = np.array([KINDS[number % 4] for number in range(len(KEYS))])
    made.expandos["count"] = np.arange(len(KEYS), 0, -1) ** 3
    return made


@pytest.fixture(scope="module")
def wv() -> KeyedVectors:
    return space()


def written(picture: Picture) -> dict[str, Any]:
    """The keys that are written beside points, with their boxes."""
    from matplotlib.text import Annotation

    found = [one for one in picture.axes.texts if isinstance(one, Annotation) and one.get_text()]
    return {one.get_text(): one.get_window_extent() for one in found}


def require_no_overlap(picture: Picture) -> None:
    boxes = written(picture)
    area = picture.axes.get_window_extent()
    for box in boxes.values():
        assert min(box.x0 - area.x0, area.x1 - box.x1, box.y0 - area.y0, area.y1 - box.y1) >= -1
    for (one, first), (other, second) in itertools.combinations(boxes.items(), 2):
        apart = first.x1 <= second.x0 or second.x1 <= first.x0 or first.y1 <= second.y0 or second.y1 <= first.y0
        assert apart, (one, other)


# ---- maps ----


@pytest.mark.parametrize("method", ["tsne", "pca"])
def test_a_map_puts_alike_keys_together(wv: KeyedVectors, method: Any) -> None:
    picture = wv.plot(method=method)
    assert picture.keys == KEYS
    assert picture.positions.shape == (80, 2)
    distances = np.linalg.norm(picture.positions[:, None] - picture.positions[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    assert np.mean(nearest % 4 == np.arange(80) % 4) > 0.9
    assert picture.numbers["trustworthiness"] > 0.8
    assert 0.2 < picture.numbers["neighbours_kept"] <= 1


def test_belief_is_that_of_scikit_learn(wv: KeyedVectors) -> None:
    manifold = pytest.importorskip("sklearn.manifold")
    units = wv.get_normed_vectors()
    positions, _ = flat(units)
    found = belief(units, positions)
    assert found.trustworthiness == pytest.approx(manifold.trustworthiness(units, positions, n_neighbors=10), abs=1e-6)
    far, near = (np.linalg.norm(one[:, None] - one[None], axis=2) for one in (units, positions))
    kept = [len({*far[row].argsort()[1:11]} & {*near[row].argsort()[1:11]}) for row in range(80)]
    assert found.kept == pytest.approx(np.mean(kept) / 10)


def test_belief_of_many_points_looks_at_some(wv: KeyedVectors) -> None:
    random = np.random.default_rng(0)
    units = random.normal(size=(1500, 2)).astype(np.float32)
    assert belief(units, units.astype(float)) == pytest.approx((1.0, 1.0, 10))
    assert belief(units, random.normal(size=(1500, 2))).trustworthiness == pytest.approx(0.5, abs=0.05)


def test_the_plane_of_most_variance_is_that_of_the_singular_values(wv: KeyedVectors) -> None:
    units = wv.get_normed_vectors().astype(np.float64)
    positions, shares = flat(units)
    _, values, directions = np.linalg.svd(units - units.mean(axis=0))
    expected = (units - units.mean(axis=0)) @ directions[:2].T
    np.testing.assert_allclose(np.abs(positions), np.abs(expected), atol=1e-9)
    np.testing.assert_allclose(shares, values[:2] ** 2 / (values**2).sum())


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_same_seed_gives_the_same_bytes(wv: KeyedVectors, tmp_path: Path, ending: str) -> None:
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        wv.plot(clusters=4, seed=seed).save(tmp_path / f"{name}.{ending}")
    one, two, three = ((tmp_path / f"{name}.{ending}").read_bytes() for name in ("one", "two", "three"))
    assert one == two != three
    assert one.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending])


def test_t_sne_is_the_same_with_one_thread_and_with_several() -> None:
    from fastemb.plots.layout import tsne

    units = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    one = tsne(units, 10, 1)
    import fastemb.plots.layout as layout

    before, layout._MANY = layout._MANY, 1
    try:
        np.testing.assert_array_equal(one, tsne(units, 10, 1, workers=2))
    finally:
        layout._MANY = before


def test_labels_do_not_collide(wv: KeyedVectors) -> None:
    picture = wv.plot(KEYS[:40], method="pca")
    require_no_overlap(picture)
    assert set(written(picture)) == set(KEYS[:40])
    picture = wv.plot(labels=15)
    require_no_overlap(picture)
    assert len(written(picture)) == 15


def test_keys_without_room_are_told(wv: KeyedVectors) -> None:
    with pytest.warns(UserWarning, match=r"\d+ of 80 keys found no room .* look=Look\(size"):
        picture = wv.plot(KEYS, look=Look(size=(1.5, 1.5)))
    assert picture.numbers["labels_left_out"] == 80 - len(written(picture))
    require_no_overlap(picture)


def test_clusters_are_found_and_named(wv: KeyedVectors) -> None:
    picture = wv.plot(clusters=4)
    assert len(picture.groups) == 4
    for number, name in enumerate(picture.groups):
        kinds = {key.rstrip("0123456789") for key in name.split(", ")}
        assert len(kinds) == 1  # named by typical keys, all of one kind
        members = [key for key, group in zip(picture.keys, picture.group_of, strict=True) if group == number]
        assert {key.rstrip("0123456789") for key in members} == kinds


def test_clusters_among_many_points_are_found_by_some() -> None:
    random = np.random.default_rng(0)
    made = KeyedVectors(8)
    rows = np.eye(3, 8)[np.arange(6000) % 3] + random.normal(0, 0.1, (6000, 8))
    made.add_vectors([str(number) for number in range(6000)], rows.astype(np.float32))
    picture = made.plot(restrict_vocab=6000, method="pca", clusters=3)
    assert all(len(set(np.arange(6000)[picture.group_of == group] % 3)) == 1 for group in range(3))


@pytest.mark.parametrize(
    "color",
    ["kind", {key: key.rstrip("0123456789") for key in KEYS}, [key.rstrip("0123456789") for key in KEYS]],
    ids=["attribute", "dict", "list"],
)
def test_colours_of_names(wv: KeyedVectors, color: Any) -> None:
    picture = wv.plot(color=color, method="pca")
    assert sorted(picture.groups) == sorted(KINDS)
    assert [picture.groups[group] for group in picture.group_of] == [key.rstrip("0123456789") for key in KEYS]
    few = wv.plot(KEYS[5:15], color=color, method="pca")
    assert [few.groups[group] for group in few.group_of] == [key.rstrip("0123456789") for key in KEYS[5:15]]


def test_colours_of_numbers_have_a_scale(wv: KeyedVectors) -> None:
    picture = wv.plot(color="count", method="pca")
    assert picture.groups == []
    assert len(picture.figure.axes) == 2
    assert picture.figure.axes[1].get_yscale() == "log"
    part = wv.plot(color=[None, *range(79)], method="pca")
    assert part.figure.axes[1].get_yscale() == "linear"


def test_many_groups_are_told_apart_by_marks_and_the_rest_is_one() -> None:
    made = KeyedVectors(3)
    made.add_vectors([str(one) for one in range(100)], np.random.default_rng(0).normal(size=(100, 3)))
    picture = made.plot(method="pca", color=[f"group {number % 50}" for number in range(100)], labels=0)
    assert len(picture.groups) == 36
    assert picture.groups[-1] == "15 others"


def test_what_is_written_below_a_map_is_short(wv: KeyedVectors) -> None:
    assert wv.plot(KEYS[:21]).axes.get_xlabel().startswith("t-SNE, perplexity 6.67, seed 1")
    assert wv.plot(KEYS[:21], method="pca").axes.get_xlabel().startswith("PCA, ")


def test_neighbours_of_several(wv: KeyedVectors) -> None:
    picture = wv.plot(neighbours_of=["animal0", "river0"], topn=5)
    assert picture.keys[:2] == ["animal0", "river0"]
    assert picture.groups == ["animal0", "river0"]
    expected = {key for word in ("animal0", "river0") for key, _ in wv.most_similar(word, topn=5)}
    assert set(picture.keys[2:]) == expected
    for key, group in zip(picture.keys, picture.group_of, strict=True):
        assert key.startswith(("animal", "river")[group])
    assert set(written(picture)) == set(picture.keys)
    near = wv.plot(neighbours_of="animal0", topn=4, restrict_vocab=20)
    assert all(wv.get_index(key) < 20 for key in near.keys)


def test_the_first_keys_are_drawn() -> None:
    made = KeyedVectors(2)
    made.add_vectors([str(one) for one in range(3000)], np.random.default_rng(0).normal(size=(3000, 2)))
    assert made.plot(method="pca").keys == made.index_to_key[:2000]
    assert made.plot(method="pca", restrict_vocab=5).keys == made.index_to_key[:5]
    assert len(made.plot(method="pca", restrict_vocab=10**6, labels=3).keys) == 3000


def test_a_key_that_comes_twice_is_drawn_once(wv: KeyedVectors) -> None:
    assert wv.plot(["animal1", "animal2", "river1", "animal1"]).keys == ["animal1", "animal2", "river1"]


def test_equal_vectors_and_vectors_of_zeros_are_drawn() -> None:
    made = KeyedVectors(4)
    made.add_vectors([str(one) for one in range(30)], np.vstack([np.ones((20, 4)), np.zeros((10, 4))]))
    assert np.isfinite(made.plot().positions).all()
    assert np.isfinite(made.plot(method="pca").positions).all()


# ---- what is drawn, and on what ----


def test_items_are_written_by_their_titles_and_compared_as_the_model_does() -> None:
    random = np.random.default_rng(0)
    baskets = [[int(group * 10 + item) for item in random.permutation(10)[:4]] for group in (0, 1) for _ in range(200)]
    model = Item2Vec(vector_size=8, epochs=10, workers=1, progress=False).fit(Interactions.from_any(baskets))
    model.titles = {item: f"Thing {item}" for item in range(20)}
    picture = plot(model, [0, 1, 2, 10, 11, 12])
    assert set(written(picture)) == {f"Thing {item}" for item in (0, 1, 2, 10, 11, 12)}
    around = plot(model, neighbours_of=[0, 10], topn=3)
    legend = around.axes.get_legend()
    assert legend is not None
    assert around.groups == [text.get_text() for text in legend.get_texts()] == ["Thing 0", "Thing 10"]
    for item, cosine in model.similar_items(3, 5):
        assert model.compared.similarity(3, item) == pytest.approx(cosine, abs=1e-6)
    assert plot_neighbours(model, 3, 5).keys == [3, *(item for item, _ in model.similar_items(3, 5))]


def test_layers_and_models_are_drawn(wv: KeyedVectors) -> None:
    assert plot(Embedding.from_pretrained(wv), KEYS[:9], method="pca").keys == KEYS[:9]
    model = Word2Vec([KEYS] * 3, vector_size=4, min_count=1, epochs=1)
    assert plot(model, KEYS[:9], method="pca").keys == KEYS[:9]
    with pytest.raises(TypeError, match="no keys to write"):
        plot(Embedding(5, 3))
    with pytest.raises(TypeError, match="must be KeyedVectors, a model, or a layer with keys, not list"):
        plot([1, 2])


def test_a_picture_on_axes_of_ones_own_leaves_pyplot_alone(wv: KeyedVectors, tmp_path: Path) -> None:
    before = dict(matplotlib.rcParams)
    figure = Figure(figsize=(8, 4))
    axes = figure.subplots(1, 2)
    pictures = [wv.plot(KEYS[:12], ax=axes[0]), plot_cosines(wv, KEYS[:6], ax=axes[1])]
    assert [picture.axes for picture in pictures] == list(axes)
    assert all(picture.figure is figure for picture in pictures)
    require_no_overlap(pictures[0])
    pictures[0].save(tmp_path / "both.png")
    assert dict(matplotlib.rcParams) == before
    assert pictures[0]._repr_png_().startswith(b"\x89PNG")


def test_nothing_of_pyplot_is_imported_and_no_display_needed(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np, fastemb\n"
        "wv = fastemb.KeyedVectors(4)\n"
        "wv.add_vectors([str(one) for one in range(9)], np.random.default_rng(0).normal(size=(9, 4)))\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('matplotlib', 'openTSNE', 'sklearn')]\n"
        "wv.plot().save(sys.argv[1])\n"
        "assert 'matplotlib.pyplot' not in sys.modules and 'openTSNE' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.png")], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("package", ["matplotlib", "openTSNE"])
def test_a_missing_package_is_named(wv: KeyedVectors, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    for name in [*sys.modules]:
        if name.split(".")[0] == package:
            monkeypatch.setitem(sys.modules, name, None)
    for name in ("font_manager", "figure", "affinity"):
        monkeypatch.setitem(sys.modules, f"{package}.{name}", None)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"by {package}: pip install 'fastemb\[plot\]'"):
        wv.plot()


@pytest.mark.parametrize("key", ["$x$", "a$b$c", "new\nline", "tab\tbed", "_hidden", "{x}", "100%", r"a\b", "<b>&"])
def test_keys_are_written_as_they_are(key: str, tmp_path: Path) -> None:
    made = KeyedVectors(3)
    made.add_vectors([key, "b", "c", "d"], np.random.default_rng(1).normal(size=(4, 3)))
    shown = " ".join(key.split())
    picture = made.plot(look=Look(title=key.replace("\n", " ").replace("\t", " ")), color={key: key, "b": "b"})
    assert shown in written(picture)
    assert picture.groups == sorted([key, "b"])
    picture.save(tmp_path / "a.svg")
    plot_cosines(made, [key, "b"]).save(tmp_path / "b.png")
    plot_neighbours(made, key).save(tmp_path / "c.png")


def test_long_keys_are_cut() -> None:
    made = KeyedVectors(3)
    made.add_vectors(["x" * 100, "b", "c"], np.random.default_rng(1).normal(size=(3, 3)))
    assert "x" * 39 + "…" in written(made.plot())


# ---- fonts ----


def chinese() -> KeyedVectors:
    made = KeyedVectors(3)
    made.add_vectors(["猫", "狗", "car"], np.random.default_rng(1).normal(size=(3, 3)))
    return made


def without_other_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import font_manager

    own = [entry for entry in font_manager.fontManager.ttflist if entry.name.startswith(("DejaVu Sans", "Last Resort"))]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)


def test_a_missing_font_is_an_error_that_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    without_other_fonts(monkeypatch)
    with pytest.raises(
        ValueError,
        match=r"no installed font has '狗' \(CJK .*\) and 1 others: install one that has, such as Noto Sans CJK",
    ):
        chinese().plot()
    with pytest.raises(ValueError, match="the font 'DejaVu Sans' does not have '狗'"):
        chinese().plot(look=Look(font="DejaVu Sans"))
    assert chinese().plot(look=Look(titles={"猫": "cat", "狗": "dog"})).keys == ["猫", "狗", "car"]


def test_fonts_of_coloured_emoji_are_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from matplotlib import font_manager

    def get_font(path: str) -> Any:
        return (
            SimpleNamespace(scalable=False, get_charmap=lambda: {0x1F968: 1}) if path == str(coloured) else known(path)
        )

    coloured, known = tmp_path / "NotoColorEmoji.ttf", font_manager.get_font
    coloured.touch()
    without_other_fonts(monkeypatch)
    entry = font_manager.FontEntry(fname=str(coloured), name="Noto Color Emoji", style="normal", weight="regular")
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [*font_manager.fontManager.ttflist, entry])
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(coloured)])
    monkeypatch.setattr(font_manager, "get_font", get_font)
    made = KeyedVectors(3)
    made.add_vectors(["\U0001f968", "b", "car"], np.random.default_rng(1).normal(size=(3, 3)))
    with pytest.raises(ValueError, match=r"no installed font has .*PRETZEL.* such as Symbola .*fonts-symbola"):
        made.plot()
    with pytest.raises(ValueError, match=r"font must have outlines, .*NotoColorEmoji.ttf has none"):
        made.plot(look=Look(font=str(coloured)))


def test_an_installed_font_that_has_the_characters_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import font_manager

    paths = [path for path in font_manager.findSystemFonts() if "CJK" in path and "Sans" in path and "Regular" in path]
    if not paths:
        pytest.skip("no font with Chinese characters is installed")
    picture = chinese().plot()
    assert set(written(picture)) == {"猫", "狗", "car"}
    chinese().plot(look=Look(font=paths[0]))
    without_other_fonts(monkeypatch)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: paths)  # installed since matplotlib looked
    assert set(written(chinese().plot())) == {"猫", "狗", "car"}


def test_a_font_that_is_not_there(wv: KeyedVectors, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no 'DejaVu Snas'; did you mean 'DejaVu Sans'"):
        wv.plot(look=Look(font="DejaVu Snas"))
    (tmp_path / "a.ttf").write_text("no font")
    with pytest.raises(ValueError, match=r"a\.ttf is no file of a font"):
        wv.plot(look=Look(font=str(tmp_path / "a.ttf")))


# ---- other pictures ----


def test_places_along_axes_are_those_of_the_axis(wv: KeyedVectors) -> None:
    x = wv.axis(["river0", "river1"], ["animal0", "animal1"])
    ends = (["animal0", "animal1"], ["river0", "river1"])
    line = plot_axes(wv, ends, keys=KEYS[8:16])
    assert line.keys == ["animal0", "animal1", "river0", "river1", *KEYS[8:16]]
    np.testing.assert_allclose(line.positions, [(x[key], 0) for key in line.keys])
    assert line.numbers == {"x_told_apart": x.told_apart}
    require_no_overlap(line)
    assert {*line.keys} <= {*written(line)}
    y = wv.axis(["number0", "number1"], ["colour0", "colour1"])
    plane = plot_axes(wv, x, y, keys=KEYS[8:16])
    np.testing.assert_allclose(plane.positions, [(x[key], y[key]) for key in plane.keys])
    assert plane.numbers["cosine_of_axes"] == pytest.approx(float(x.direction @ y.direction))
    require_no_overlap(plane)
    assert list(plane.group_of) == [0] * 8 + [-1] * 8


def test_without_keys_the_ends_of_axes_are_drawn(wv: KeyedVectors) -> None:
    x = wv.axis(["river0"], ["animal0"])
    picture = plot_axes(wv, x, restrict_vocab=40)
    expected = {"river0", "animal0", *(key for end in x.ends(12, restrict_vocab=40) for key, _ in end)}
    assert set(picture.keys) == expected


def test_an_analogy_is_a_parallelogram() -> None:
    made = KeyedVectors(3)
    corners = np.array([[1, 1, 0.9], [1, -1, 0.9], [-1, 1, 0.9], [-1, -1, 0.9]])
    made.add_vectors(["a", "b", "c", "d"], corners.astype(np.float32))
    picture = plot_analogies(made, [("a", "b"), ("c", "d")])
    a, b, c, d = picture.positions
    np.testing.assert_allclose(b - a, d - c, atol=1e-6)
    assert picture.numbers["parallel"] == pytest.approx(1)
    assert picture.numbers["variance"] == pytest.approx(1)
    assert plot_analogies(made, [("a", "b"), ("d", "c")]).numbers["parallel"] == pytest.approx(-1)
    require_no_overlap(picture)


def test_neighbours_are_as_far_as_their_cosines_say(wv: KeyedVectors) -> None:
    picture = plot_neighbours(wv, "river3", 7)
    assert picture.keys == ["river3", *(key for key, _ in wv.most_similar("river3", topn=7))]
    away = [1 - cosine for _, cosine in wv.most_similar("river3", topn=7)]
    np.testing.assert_allclose(np.linalg.norm(picture.positions, axis=1), [0, *away], atol=1e-6)
    require_no_overlap(picture)
    assert set(written(picture)) == set(picture.keys)


def test_a_way_through_spaces() -> None:
    spaces = {}
    for number, name in enumerate(["then", "later", "now"]):
        made = space(0)
        random = np.random.default_rng(number)
        turn, _ = np.linalg.qr(random.normal(size=(12, 12)))
        rows = made.vectors.copy()
        rows[0] = (1 - number / 2) * rows[4] + number / 2 * rows[7]  # from animals to rivers
        moved = KeyedVectors(12)
        moved.add_vectors(KEYS, (rows @ turn).astype(np.float32))
        spaces[name] = moved
    picture = plot_drift(spaces, "animal0", topn=3)
    assert picture.keys[:3] == ["animal0"] * 3
    near = set(picture.keys[3:])
    assert any(key.startswith("animal") for key in near)
    assert any(key.startswith("river") for key in near)
    assert picture.numbers["animal0 then-later"] < 0.95
    assert {"animal0 then", "animal0 later", "animal0 now"} <= set(written(picture))
    require_no_overlap(picture)
    still = plot_drift([spaces["then"], spaces["now"]], ["river5"])
    assert still.numbers["river5 1-2"] > 0.95
    assert plot_drift([spaces["then"], spaces["now"]], "river5", topn=0).keys == ["river5"] * 2


def test_cosines_are_those_of_the_vectors(wv: KeyedVectors) -> None:
    keys = [*KEYS[:8]]
    picture = plot_cosines(wv, keys)
    kinds = [key.rstrip("0123456789") for key in picture.keys]
    assert sorted(picture.keys) == sorted(keys)
    assert len([name for name, _ in itertools.groupby(kinds)]) == 4  # alike ones stand side by side
    shown = picture.axes.images[0].get_array()
    for row, column in itertools.combinations(range(8), 2):
        assert shown[row, column] == pytest.approx(wv.similarity(picture.keys[row], picture.keys[column]), abs=1e-5)
    assert plot_cosines(wv, keys, order="given").keys == keys


def test_variance_is_that_of_principal_components(wv: KeyedVectors) -> None:
    units = wv.get_normed_vectors().astype(np.float64)
    values = np.linalg.svd(units - units.mean(axis=0), compute_uv=False) ** 2
    shares = values / values.sum()
    picture = plot_variance(wv)
    assert picture.numbers["half"] == int((np.cumsum(shares) < 0.5).sum()) + 1
    assert picture.numbers["nine_tenths"] == int((np.cumsum(shares) < 0.9).sum()) + 1
    assert picture.numbers["effective_dimensions"] == pytest.approx(1 / (shares**2).sum())
    np.testing.assert_allclose([bar.get_height() for bar in picture.axes.patches], 100 * shares, atol=1e-6)


def test_curves_are_those_of_the_history(tmp_path: Path) -> None:
    texts = [["a", "b", "c", "d"] * 5] * 500
    model = Word2Vec(texts, vector_size=8, min_count=1, epochs=3, compute_loss=True)
    picture = plot_training(model)
    assert [axes.get_ylabel() for axes in picture.figure.axes] == ["loss a word", "learning rate", "words a second"]
    for axes, name in zip(picture.figure.axes, ["loss", "alpha", "words_per_second"], strict=True):
        np.testing.assert_allclose(
            axes.lines[0].get_xydata(),
            [(row["epoch"], row[name]) for row in model.history],  # type: ignore[arg-type]
        )
    assert picture.numbers["loss"] == model.history[-1]["loss"]
    quiet = Word2Vec(texts, vector_size=8, min_count=1, epochs=1)
    both = plot_training({"one": model, "two": quiet.history}, "alpha")
    assert [text.get_text() for text in both.axes.get_legend().get_texts()] == ["one", "two"]
    assert len(plot_training(quiet).figure.axes) == 2
    with pytest.raises(ValueError, match="compute_loss=True"):
        plot_training(quiet, "loss")
    with pytest.raises(ValueError, match="no history"):
        plot_training(Word2Vec(vector_size=4))
    with pytest.raises(TypeError, match="not KeyedVectors"):
        plot_training(model.wv)
    with pytest.raises(ValueError, match="must be one or more of 'loss', 'alpha', 'words_per_second', not 'speed'"):
        plot_training(model, "speed")
    with pytest.raises(ValueError, match=r"there are 3 curves, .* not 1"):
        plot_training(model, ax=Figure().add_subplot())
    items = Item2Vec(vector_size=4, epochs=2, progress=False).fit([[1, 2, 3], [2, 3, 4]] * 50)
    drawn = plot_training(items)
    assert [text.get_text() for text in drawn.axes.get_legend().get_texts()] == ["CBOW", "skip-gram"]


# ---- what is refused ----


RUN = [{"epoch": epoch, "loss": None, "alpha": 0.02, "words_per_second": 1e6} for epoch in range(1, 4)]


@pytest.mark.parametrize("name", ["_first", "two\nlines", "$x_1$", "long" * 100])
def test_every_run_is_in_the_legend(name: str) -> None:
    legend = plot_training({name: RUN, "other": RUN}).axes.get_legend()
    assert legend is not None
    shown, other = (text.get_text() for text in legend.get_texts())
    assert other == "other"
    assert len(shown) <= 40
    assert "\n" not in shown
    assert shown.replace("…", "").replace(" ", "\n") in name


def test_a_picture_of_too_many_pixels_is_refused(wv: KeyedVectors, tmp_path: Path) -> None:
    made = plot_cosines(wv, KEYS[:3], look=Look(size=(20, 20)))
    with pytest.raises(ValueError, match=r"dpi must be at most 819 for this picture, not 820: or write it as \.svg"):
        made.save(tmp_path / "a.png", dpi=820)
    assert not list(tmp_path.iterdir())
    made.save(tmp_path / "a.svg", dpi=820)
    assert (tmp_path / "a.svg").stat().st_size < 500_000


def test_points_that_are_pixels_in_svg_are_limited_too(tmp_path: Path) -> None:
    many = KeyedVectors(2)
    many.add_vectors([f"key{number}" for number in range(2001)], np.random.default_rng(1).random((2001, 2), np.float32))
    made = many.plot(many.index_to_key, method="pca", look=Look(size=(20, 20)), labels=0)
    with pytest.raises(ValueError, match=r"dpi must be at most 819 for this picture, not 820$"):
        made.save(tmp_path / "a.svg", dpi=820)


REFUSED: list[tuple[Callable[[KeyedVectors], Any], type[Exception], str]] = [
    (lambda wv: wv.plot(["animal0", "anmal1", "river1"]), KeyError, "'anmal1' not present; did you mean 'animal1'"),
    (lambda wv: wv.plot(neighbours_of=["rivr1"]), KeyError, "did you mean 'river1'"),
    (lambda wv: plot_neighbours(wv, "rivr1"), KeyError, "did you mean 'river1'"),
    (lambda wv: plot_cosines(wv, ["rivr1", "river2"]), KeyError, "did you mean 'river1'"),
    (lambda wv: plot_analogies(wv, [("river1", "river2"), ("river3", "rivr4")]), KeyError, "did you mean 'river4'"),
    (lambda wv: plot_axes(wv, (["rivr1"], ["animal1"])), KeyError, "did you mean 'river1'"),
    (lambda wv: plot_axes(wv, (["river1"], ["animal1"]), keys=["rivr2"]), KeyError, "did you mean 'river2'"),
    (lambda wv: plot_drift([wv, wv], "rivr1"), KeyError, "not in the space '1'; did you mean 'river1'"),
    (lambda wv: wv.plot("animal0"), ValueError, "at least 3 keys, not 1"),
    (lambda wv: wv.plot([]), ValueError, "at least 3 keys, not 0"),
    (lambda wv: wv.plot(perplexity=30), ValueError, "perplexity=30 needs at least 91 keys, and there are 80: .* 26.3"),
    (lambda wv: wv.plot(perplexity=0), ValueError, "perplexity must be at least 1, not 0"),
    (lambda wv: wv.plot(perplexity=5, method="pca"), ValueError, "perplexity=5 is for method='tsne'"),
    (lambda wv: wv.plot(method="umap"), ValueError, "method must be one of 'tsne', 'pca', not 'umap'"),
    (lambda wv: wv.plot(color=[1, 2, 3]), ValueError, "color has 3 values, but 80 keys are drawn, of 80"),
    (lambda wv: wv.plot(color="kinds"), ValueError, "no attribute 'kinds'; did you mean 'kind'"),
    (lambda wv: wv.plot(color=7), TypeError, "color must be the name of an attribute, a dict .* not 7"),
    (lambda wv: wv.plot(color={}), ValueError, "color has no value for any of the 80 keys .*, such as 'animal0'"),
    (lambda wv: wv.plot(color={"Animal0": 1}), ValueError, "color has no value for any of the 80 keys"),
    (lambda wv: wv.plot(color=[None, np.nan] * 40), ValueError, "color has no value for any of the 80 keys"),
    (lambda wv: wv.plot(color=np.ones((80, 3))), TypeError, "color must have one value for each key"),
    (lambda wv: wv.plot(color=[10**400, *range(79)]), ValueError, "a whole number that is too large for a scale"),
    (lambda wv: wv.plot(color="kind", clusters=3), ValueError, "color and clusters exclude each other"),
    (lambda wv: wv.plot(clusters=0), ValueError, "clusters must be 1 to 36, not 0"),
    (lambda wv: wv.plot(clusters="many"), TypeError, "clusters must be a whole number"),
    (lambda wv: wv.plot(KEYS[:4], neighbours_of="river1"), ValueError, "keys and neighbours_of exclude each other"),
    (lambda wv: wv.plot(labels=-1), ValueError, "labels must be at least 0"),
    (lambda wv: wv.plot(seed="x"), TypeError, "seed must be a whole number"),
    (lambda wv: wv.plot(perplexty=5), TypeError, "did you mean 'perplexity'"),
    (lambda wv: wv.plot(KEYS[:4], restrict_vocab=9), ValueError, "keys and restrict_vocab exclude each other"),
    (lambda wv: wv.plot(ax=[]), ValueError, "ax must be 1 axes of matplotlib, not 0"),
    (lambda wv: wv.plot(ax=list(Figure().subplots(2, 1))), ValueError, "ax must be 1 axes of matplotlib, not 2"),
    (lambda wv: wv.plot(look=Look(title=3)), TypeError, "title must be a str, not int"),  # type: ignore[arg-type]
    (lambda wv: wv.plot(look=Look(font=3)), TypeError, "font must be a str, .* not int"),  # type: ignore[arg-type]
    (lambda wv: plot_training({}), ValueError, "models is empty"),
    (lambda wv: plot_training(RUN, 3), TypeError, "what must be one or more of 'loss', .* not 3"),  # type: ignore[arg-type]
    (lambda wv: wv.plot(ax=3), TypeError, "ax must be plain axes of matplotlib, not int"),
    (lambda wv: wv.plot(ax=Figure().add_subplot(projection="polar")), TypeError, "ax must be plain axes .* not Polar"),
    (lambda wv: wv.plot(look={"title": "x"}), TypeError, r"look must be a Look, .* not dict"),
    (lambda wv: wv.plot(look=Look(size=3)), TypeError, "size must be width and height in inches"),  # type: ignore[arg-type]
    (lambda wv: wv.plot(look=Look(size=(0, 3))), ValueError, "size must be 1 to 50 inches"),
    (lambda wv: wv.plot(look=Look(font_size=0)), ValueError, "font_size must be 1 to 100"),
    (lambda wv: wv.plot(look=Look(figsize=(3, 3))), TypeError, "did you mean 'size'"),  # type: ignore[call-arg]
    (lambda wv: plot_neighbours(wv, ["river1"]), TypeError, "the neighbours of one key"),
    (lambda wv: plot_neighbours(wv, "river1", 0), ValueError, "topn must be at least 1"),
    (lambda wv: plot_cosines(wv, ["river1"]), ValueError, "takes 2 to 150 keys, not 1"),
    (lambda wv: plot_cosines(wv, KEYS[:3], order="x"), ValueError, "order must be 'similar' or 'given'"),  # type: ignore[arg-type]
    (lambda wv: plot_analogies(wv, "river1"), TypeError, "pairs must be a list of pairs"),  # type: ignore[arg-type]
    (lambda wv: plot_analogies(wv, ["river1", "river2"]), TypeError, "of two keys each"),  # type: ignore[list-item]
    (lambda wv: plot_analogies(wv, [("river1", "river2")]), ValueError, "at least two, to be compared"),
    (lambda wv: plot_analogies(wv, [("river1", "river1")] * 2), ValueError, "has one key twice"),
    (lambda wv: plot_axes(wv, ["river1"]), TypeError, "x must be an Axis, or two lists of keys"),  # type: ignore[arg-type]
    (lambda wv: plot_axes(wv, ([], ["river1"])), ValueError, "negative is empty"),
    (lambda wv: plot_axes(wv, space(0).plot), TypeError, "x must be an Axis"),  # type: ignore[arg-type]
    (lambda wv: plot_drift(wv, "river1"), TypeError, "spaces must be a dict from name to vectors"),  # type: ignore[arg-type]
    (lambda wv: plot_drift([wv], "river1"), ValueError, "spaces must be at least two, not 1"),
    (lambda wv: plot_drift([wv, wv], KEYS[:7]), ValueError, "keys must be 1 to 6"),
    (lambda wv: wv.plot(neighbours_of=[]), ValueError, "neighbours_of must be 1 to 36 keys, not 0"),
    (lambda wv: wv.plot(look=Look(titles=3)), TypeError, "titles must be a dict from key to text, not int"),  # type: ignore[arg-type]
    (lambda wv: plot_training(RUN, []), ValueError, "what is empty: name one curve at least"),
    (lambda wv: plot_variance(ONE), ValueError, "two keys, not 1"),
    (lambda wv: plot_neighbours(ONE, "river1"), ValueError, "there is no key besides 'river1' to be its neighbour"),
    (lambda wv: plot_axes(TWO, wv.axis(["river1"], ["animal1"])), ValueError, "x is an axis of 80 keys, and .* have 2"),
]
ONE = KeyedVectors._from_arrays(["river1"], np.ones((1, 12), np.float32))
TWO = KeyedVectors._from_arrays(["river1", "animal1"], np.eye(2, 12, dtype=np.float32))


@pytest.mark.parametrize(("call", "error", "message"), REFUSED, ids=[message for *_, message in REFUSED])
def test_what_is_refused(wv: KeyedVectors, call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as found:
        call(wv)
    assert "Traceback" not in str(found.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_vectors_that_are_no_numbers_are_named(value: float) -> None:
    made = space()
    made.vectors[3, 2] = value
    for draw in (
        lambda: made.plot(),
        lambda: plot_cosines(made, KEYS[:5]),
        lambda: plot_variance(made),
        lambda: plot_axes(made, (["river1"], ["river2"]), keys=["river0"]),
    ):
        with pytest.raises(ValueError, match="the vector of 'river0' holds NaN or infinity"):
            draw()


@pytest.mark.parametrize("vectors", [np.ones((4, 3)), np.zeros((4, 3)), np.outer([1, 2, 3, 7], np.ones(3))])
def test_vectors_of_which_there_is_nothing_to_see_are_refused(vectors: Any) -> None:
    made = KeyedVectors(3)
    made.add_vectors(list("abcd"), vectors)
    with pytest.raises(ValueError, match="all vectors point the same way"):
        plot_variance(made)
    for draw in (made.plot, lambda: plot_analogies(made, [("a", "b"), ("c", "d")])):
        with pytest.raises(ValueError, match="all 4 keys point the same way"):
            draw()


@pytest.mark.parametrize(
    ("name", "message"),
    [("a.jpg", "written as .png, .svg or .pdf, .* not .jpg"), ("a", "must end with one of these$")],
)
def test_other_endings_are_refused(wv: KeyedVectors, tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wv.plot(KEYS[:4]).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_or_a_folder_itself(wv: KeyedVectors, tmp_path: Path) -> None:
    picture = wv.plot(KEYS[:4])
    with pytest.raises(OSError, match="none"):
        picture.save(tmp_path / "none" / "a.png")
    (tmp_path / "b.png").mkdir()
    with pytest.raises(OSError, match=r"b\.png"):
        picture.save(tmp_path / "b.png")
    assert [path.name for path in tmp_path.iterdir()] == ["b.png"]


def test_a_file_that_cannot_be_written_stays_as_it_was(
    wv: KeyedVectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = wv.plot(KEYS[:4])
    picture.save(tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()
    monkeypatch.setattr(Figure, "savefig", lambda *_, **__: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(MemoryError):
        picture.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == before


def test_vectors_from_a_file_are_drawn(wv: KeyedVectors, tmp_path: Path) -> None:
    wv.save(tmp_path / "v.safetensors")
    assert load_vectors(tmp_path / "v.safetensors").plot(color="kind").groups
