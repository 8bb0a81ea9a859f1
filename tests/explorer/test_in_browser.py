"""Maps in Chromium: search, neighbours, colours, areas; mouse and keyboard; dark and light; and nothing is fetched.

``make test-explorer`` runs these tests. Elsewhere they are skipped, and say so.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import Browser
from hostile_space import HOSTILE, KEYS, KINDS, space

from fastemb import KeyedVectors
from fastemb.explorer import Explorer

PROGRAM = os.environ.get("FASTEMB_BROWSER")
pytestmark = pytest.mark.integration

MAP = (880, 800)  # pixels of the map, beside the panel
NAME = "document.getElementById('key-name').textContent"
STATUS = "document.getElementById('status').textContent"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if not PROGRAM:
        pytest.skip("maps are tried in a browser by 'make test-explorer'")
    with Browser(PROGRAM, tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.fixture(scope="module")
def wv() -> KeyedVectors:
    return space()


@pytest.fixture(scope="module")
def made(wv: KeyedVectors, tmp_path_factory: pytest.TempPathFactory) -> Explorer:
    """A map of all keys but for the last twenty, which are neighbours nevertheless."""
    pytest.importorskip("plotly")
    path = tmp_path_factory.mktemp("maps") / "map.html"
    return wv.explore(path, restrict_vocab=len(KEYS) - 20, method="pca", color="kind", title="</title><b>Words & more")


@pytest.fixture
def page(browser: Browser, made: Explorer) -> Iterator[Browser]:
    """The map, newly loaded; afterwards nothing has gone wrong on it and nothing was fetched."""
    assert made.path is not None
    browser.events.clear()
    browser.resize(1200, 800)
    browser.prefer("light")
    browser.open(Path(made.path))
    yield browser
    assert browser.errors == []
    assert browser.fetched == [Path(made.path).as_uri()]
    assert browser.run("window.hacked") is None


def find(page: Browser, text: str) -> None:
    """Search a text and take the first key found; wait until the map has come to it."""
    page.press("/")
    page.type(text)
    page.until("!document.getElementById('found').hidden")
    page.press("Enter")
    settled(page)


def settled(page: Browser) -> None:
    """Wait until plotly has drawn what is seen."""
    page.run("new Promise((done) => setTimeout(done, 400))")
    page.until("document.getElementById('chart').style.transform === ''")


def neighbours(page: Browser) -> list[list[str]]:
    """The texts and cosines of the list of neighbours."""
    return rows(page, "neighbours")


def rows(page: Browser, of: str) -> list[list[str]]:
    """The text and the number in each row of a list."""
    cells = "['.text', '.number'].map((cell) => row.querySelector(cell).textContent)"
    found: list[list[str]] = page.run(f"[...document.querySelectorAll('#{of} .row')].map((row) => {cells})")
    return found


def places(made: Explorer) -> np.ndarray:
    """Pixels of all keys in the view of the whole map."""
    low, high = made.positions.min(axis=0), made.positions.max(axis=0)
    scale = min(np.array(MAP) / (high - low)) * 0.92
    return np.array(MAP) / 2 + (made.positions - (low + high) / 2) * [scale, -scale]


def require_same(shown: list[list[str]], expected: list[tuple[str, float]]) -> None:
    assert len(shown) == len(expected)
    for (text, cosine), (key, truth) in zip(shown, expected, strict=True):
        assert float(cosine) == pytest.approx(truth, abs=0.0006)
        if key.isascii() and key.isprintable() and len(key) < 200:
            assert text == " ".join(key.split())


@pytest.mark.parametrize("key", ["animal0", "river7", "colour12"])
def test_search_finds_a_key_and_shows_the_neighbours_of_most_similar(page: Browser, wv: KeyedVectors, key: str) -> None:
    find(page, key.upper())
    assert page.run(NAME) == key
    require_same(neighbours(page), wv.most_similar(key))
    assert page.run("[...document.querySelectorAll('#values dt')].map((one) => one.textContent)") == [
        "kind", "clusters", "count", "<b>length</b>",
    ]  # fmt: skip
    kind, _, count, _ = page.run("[...document.querySelectorAll('#values dd')].map((one) => one.textContent)")
    assert kind == wv.get_vecattr(key, "kind")
    assert float(count.replace(",", "")) == pytest.approx(wv.get_vecattr(key, "count"), rel=1e-5)


@pytest.mark.parametrize("key", ["animal3", "river20"])
def test_a_click_chooses_the_key_there(page: Browser, made: Explorer, wv: KeyedVectors, key: str) -> None:
    x, y = places(made)[KEYS.index(key)]
    page.click(x, y)
    name = page.until(NAME)
    chosen = KEYS.index(name)
    assert np.hypot(*(places(made)[chosen] - [x, y])) < 3
    require_same(neighbours(page), wv.most_similar(name))


def test_a_click_on_a_neighbour_goes_there_and_one_beside_all_lets_go(page: Browser, made: Explorer) -> None:
    find(page, "animal1")
    row = next(text for text, _ in neighbours(page) if text in made.keys)
    at = json.dumps(row)
    page.run(
        f"[...document.querySelectorAll('#neighbours .row')].find((r) => r.firstChild.textContent === {at}).click()"
    )
    assert page.run(NAME) == row
    page.press("Escape")
    assert page.run("document.getElementById('key').hidden")
    page.click(*places(made)[0])
    page.press("0")
    settled(page)
    page.click(3, 3)
    assert page.run("document.getElementById('key').hidden")


def test_neighbours_that_are_not_on_the_map_are_shown_and_cannot_be_chosen(page: Browser, made: Explorer) -> None:
    seen = set()
    for key in made.keys[-30:]:
        find(page, str(key))
        program = "[...document.querySelectorAll('#neighbours .row:disabled')].map((row) => row.firstChild.textContent)"
        seen |= set(page.run(program))
        if seen:
            break
    assert seen
    assert seen <= {*KEYS[-20:]}


@pytest.mark.parametrize("row", range(len(HOSTILE)))
def test_hostile_keys_are_text(page: Browser, wv: KeyedVectors, row: int) -> None:
    key = HOSTILE[row]
    if key.strip():
        find(page, re.split("[\n\0\ud800]", key)[0].strip()[:12])
        assert page.run(NAME) in (key, key[:2000].replace("\ud800", "?"))
        require_same(neighbours(page), wv.most_similar(key))
    page.press("0")
    settled(page)
    page.press("a")
    assert page.run("document.querySelectorAll('#area-keys li').length") > 100
    assert page.run("document.querySelectorAll('img, b, #panel script').length") == 0
    assert page.run("document.title") == page.run("document.getElementById('title').textContent")
    assert page.run("document.title") == "</title><b>Words & more"


def test_colours_are_those_of_a_column(page: Browser, made: Explorer, wv: KeyedVectors) -> None:
    sizes = {kind: sum(wv.get_vecattr(key, "kind") == kind for key in made.keys) for kind in KINDS}
    assert {name: int(size) for name, size in rows(page, "legend")} == sizes
    assert made.columns == ["kind", "clusters", "count", "<b>length</b>"]
    assert page.run("[...document.getElementById('column').options].map((one) => one.text)") == [*made.columns, "none"]
    before = page.picture()
    page.run(
        "(() => { const c = document.getElementById('column'); c.value = 2; c.dispatchEvent(new Event('change')) })()"
    )
    settled(page)
    counts = [wv.get_vecattr(key, "count") for key in made.keys]
    low, middle, high = page.run("[...document.querySelectorAll('#scale-ends span')].map((one) => one.textContent)")
    assert (int(low.replace(",", "")), middle) == (min(counts), "logarithmic")
    assert float(high.replace(",", "")) == pytest.approx(max(counts), rel=1e-5)
    assert page.picture() != before


def test_a_colour_of_the_legend_selects_its_keys(page: Browser, made: Explorer, wv: KeyedVectors) -> None:
    page.run("document.querySelector('#legend .row').click()")
    name = page.run("document.querySelector('#legend .row .text').textContent")
    expected = [key for key in made.keys if wv.get_vecattr(key, "kind") == name]
    assert page.run("document.getElementById('area-count').textContent") == f"{len(expected)} keys selected"
    assert copied(page) == expected


def copied(page: Browser) -> list[str]:
    """The keys that the page puts into the clipboard, pasted into a field."""
    page.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    page.run("document.activeElement.blur()")
    page.press("c")
    page.until(f"{STATUS}.includes('copied')")
    page.run("document.body.append(Object.assign(document.createElement('textarea'), {id: 'pasted'})), pasted.focus()")
    page.call("Input.dispatchKeyEvent", type="keyDown", key="v", modifiers=2, commands=["paste"])
    text = page.until("pasted.value")
    page.run("pasted.remove()")
    return json.loads(text) if text.startswith("[") else text.split("\n")


@pytest.mark.parametrize(("key", "name"), [("b", "box"), ("l", "lasso")])
def test_an_area_selects_its_keys(page: Browser, made: Explorer, key: str, name: str) -> None:
    page.press(key)
    settled(page)
    left, low, right, high = 200, 150, 560, 610
    corners = (
        [(left, low), (right, high)] if name == "box" else [(left, low), (right, low), (right, high), (left, high)]
    )
    page.drag(*corners, *([corners[0]] if name == "lasso" else []))
    page.until("!document.getElementById('area').hidden")
    at = places(made)
    inside = (at[:, 0] > left) & (at[:, 0] < right) & (at[:, 1] > low) & (at[:, 1] < high)
    expected = [one for one, is_in in zip(made.keys, inside, strict=True) if is_in]
    assert 10 < len(expected) < len(made.keys) - 10
    got = copied(page)
    assert len(got) == pytest.approx(len(expected), abs=1)  # one may lie on the line
    assert len({*got} ^ {str(one).replace("\ud800", "\ufffd") for one in expected}) <= 1
    page.press("Escape", "p")
    assert page.run("document.getElementById('area').hidden")


def test_the_keyboard_does_it_all(page: Browser, made: Explorer) -> None:
    page.run("document.activeElement.blur()")
    page.press("/")
    page.type("river1")
    page.press("ArrowDown", "Enter")
    assert page.run(NAME) == "river10"
    assert page.run("document.activeElement.id") == "map"
    settled(page)
    before = page.picture()
    page.press("ArrowLeft", "+")
    settled(page)
    assert page.picture() != before
    page.press("0")
    settled(page)
    page.press("Enter")
    middle = np.hypot(*(places(made) - np.array(MAP) / 2).T)
    assert page.run(NAME) == made.keys[int(middle.argmin())]
    page.press("a")
    assert page.run(STATUS) == f"{len(made.keys)} keys selected"
    page.press("?")
    assert page.run("document.getElementById('help').open")
    page.press("Escape")
    assert not page.run("document.getElementById('help').open")
    page.press("Escape")
    assert page.run("document.getElementById('area').hidden")


def test_every_control_can_be_reached_by_tab_and_has_a_name(page: Browser) -> None:
    controls = (
        "[...document.querySelectorAll('button, input, select, [tabindex]')].filter((one) => one.checkVisibility())"
    )
    assert page.run(f"{controls}.filter((one) => one.tabIndex < 0).length") == 0
    named = "(one.ariaLabel || one.textContent || (one.labels && one.labels.length))"
    assert page.run(f"{controls}.filter((one) => !{named}).map((one) => one.outerHTML)") == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_dark_and_light_follow_the_system_and_a_switch(browser: Browser, made: Explorer, scheme: str) -> None:
    assert made.path is not None
    browser.prefer(scheme)
    browser.open(Path(made.path))
    paper = "getComputedStyle(document.body).backgroundColor"
    assert browser.run("document.documentElement.dataset.scheme") == scheme
    colours = [browser.run(paper)]
    browser.run("document.getElementById('scheme').click()")
    colours.append(browser.run(paper))
    browser.press("d")
    assert browser.run(paper) == colours[0] != colours[1]
    other = {"dark": "light", "light": "dark"}[scheme]
    browser.prefer(other)
    browser.until(f"document.documentElement.dataset.scheme === '{other}'")


def test_a_narrow_page_has_the_panel_below(page: Browser) -> None:
    page.resize(400, 700)
    settled(page)
    assert page.run("document.documentElement.scrollWidth") <= 400
    assert page.run("document.getElementById('panel').getBoundingClientRect().top") > 300
    assert page.run("document.getElementById('map').getBoundingClientRect().width") == 400


def test_without_webgl_the_map_is_drawn_otherwise_and_says_so(browser: Browser, made: Explorer) -> None:
    assert made.path is not None
    program = "HTMLCanvasElement.prototype.getContext = new Proxy(HTMLCanvasElement.prototype.getContext, {apply: "
    program += "(target, self, given) => given[0].startsWith('webgl') ? null : Reflect.apply(target, self, given)})"
    added = browser.call("Page.addScriptToEvaluateOnNewDocument", source=program)
    try:
        browser.open(Path(made.path))
    finally:
        browser.call("Page.removeScriptToEvaluateOnNewDocument", **added)
    assert "no WebGL" in browser.run(STATUS)
    assert browser.run("document.querySelectorAll('#chart .point').length") == len(made.keys)


def test_in_a_notebook_the_map_is_drawn_inside_a_frame(browser: Browser, wv: KeyedVectors, tmp_path: Path) -> None:
    shown = wv.explore(method="pca")._repr_html_()
    assert shown is not None
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><meta charset=utf-8><title>n</title>{shown}", "utf-8")
    browser.events.clear()
    browser.resize(1200, 800)
    browser.call("Page.navigate", url=(tmp_path / "notebook.html").as_uri())
    end = time.monotonic() + 120
    frame = browser.until("document.querySelector('iframe')?.getBoundingClientRect().width")
    assert frame > 1000
    ready = None
    while not ready:
        browser.run("new Promise((done) => setTimeout(done, 100))")
        made = [
            one["params"]["context"] for one in browser.events if one["method"] == "Runtime.executionContextCreated"
        ]
        told = {"expression": "document.documentElement.dataset.ready", "returnByValue": True}
        ready = browser.call("Runtime.evaluate", contextId=made[-1]["id"], **told)["result"].get("value")
        assert time.monotonic() < end, browser.errors
    assert browser.errors == []
    assert [one for one in browser.fetched if not one.startswith("about:")] == [(tmp_path / "notebook.html").as_uri()]
