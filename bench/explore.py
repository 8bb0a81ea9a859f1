"""Maps in Chromium, which draws by the processor: time to the first picture, and frames while it is moved and zoomed.

    python -m bench.explore map.html
    python -m bench.explore map.html --libraries

The second command compares the page, made by 'fastemb explore', with the same points drawn by the libraries alone that
Python packages bring: plotly's, bokeh's, and deck.gl of pydeck, in pages that only pan and zoom. All draw at one pixel
for a pixel. Needs chromium, and for the second command bokeh and pydeck.
"""

from __future__ import annotations

import argparse
import base64
import importlib
import json
import math
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "explorer"))

from browser import Browser

SECONDS = 5.0
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
RECORD = """window.frames_ = [], window.go = true, (() => { let last = performance.now(); const next = () => {
    const now = performance.now(); frames_.push(now - last); last = now; if (go) requestAnimationFrame(next) };
    requestAnimationFrame(next) })()"""
READY = "document.documentElement.dataset.ready = performance.now()"
HEAD = """<!DOCTYPE html><meta charset="utf-8">
<style>html, body, #c { margin: 0; height: 100%; overflow: hidden }</style>
<body><div id="c"></div><script>
const held = (text, type) => new type(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
const n = COUNT, groups = held("GROUPS", Int32Array), places = held("PLACES", Float32Array), colours = COLOURS;
const twoFrames = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
</script>"""
PLOTLY = """<script>LIBRARY</script><script>
Plotly.newPlot("c", [{type: "scattergl", mode: "markers", hoverinfo: "skip",
    x: places.filter((_, at) => at % 2 === 0), y: places.filter((_, at) => at % 2),
    marker: {size: 4, color: groups, colorscale: colours.map((one, at) => [at / 5, one]), opacity: 0.75}}],
    {dragmode: "pan", hovermode: false, margin: {l: 0, r: 0, t: 0, b: 0},
    xaxis: {visible: false}, yaxis: {visible: false}},
    {scrollZoom: true, displayModeBar: false, plotGlPixelRatio: 1}).then(() => twoFrames(() => DONE));
</script>"""
DECK = """<script>LIBRARY</script><script>
const parts = colours.map((one) => [1, 3, 5].map((at) => parseInt(one.slice(at, at + 2), 16)));
const inks = new Uint8Array(4 * n);
for (let at = 0; at < n; at++) inks.set([...parts[groups[at]], 190], 4 * at);
let drawn = 0;
new deck.Deck({parent: document.getElementById("c"), views: new deck.OrthographicView({}), controller: true,
    initialViewState: {target: [0, 0, 0], zoom: 2.5}, useDevicePixels: false,
    layers: [new deck.ScatterplotLayer({id: "p", getRadius: 2, radiusUnits: "pixels", data: {length: n, attributes:
        {getPosition: {value: places, size: 2}, getFillColor: {value: inks, size: 4}}}})],
    onAfterRender: () => ++drawn === 2 && twoFrames(() => DONE)});
</script>"""


class Measured(NamedTuple):
    """What was measured of a page: megabytes, milliseconds to the first picture, and frames of both gestures."""

    size: float
    first: float
    pan: list[float]
    zoom: list[float]


def measured(page: Path) -> Measured:
    """Open a page in a new browser, drag its map, and turn the wheel on it."""
    folder = tempfile.mkdtemp()
    try:
        with Browser("chromium", Path(folder)) as browser:
            browser.open(page)
            first = float(browser.run("document.documentElement.dataset.ready"))
            browser.mouse("Pressed", 450, 400)
            pan = frames(browser, lambda at: browser.mouse("Moved", *on_the_way(at), button="left", buttons=1))
            browser.mouse("Released", 450, 400)
            zoom = frames(
                browser, lambda at: browser.mouse("Wheel", 450, 400, deltaX=0, deltaY=40 if at // 20 % 2 else -40)
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Measured(page.stat().st_size / 1e6, first, pan, zoom)


def on_the_way(at: int) -> tuple[float, float]:
    return 450 + 200 * math.sin(at / 15), 400 + 100 * math.sin(at / 11)


def frames(browser: Browser, gesture: Callable[[int], None]) -> list[float]:
    """Milliseconds of each frame while gestures follow each other as fast as the page takes them."""
    browser.run(f"{RECORD}, 0")
    end, at = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        gesture(at)
        at += 1
    found: list[float] = browser.run("go = false, frames_")
    return found[1:]


def pages_of_libraries(count: int, folder: Path) -> dict[str, Path]:
    """Pages of these libraries with so many points in 60 heaps."""
    random = np.random.default_rng(0)
    of = random.integers(0, 60, count)
    places = random.normal(0, 30, (60, 2))[of] + random.normal(0, 4, (count, 2))
    encoded = (base64.b64encode(one.tobytes()).decode() for one in (places.astype("<f4"), (of % 6).astype("<i4")))
    packed = dict(zip(("PLACES", "GROUPS"), encoded, strict=True)) | {
        "COUNT": str(count),
        "COLOURS": json.dumps(COLOURS),
    }
    plotly = importlib.import_module("plotly.offline").get_plotlyjs()
    deck = Path(str(importlib.import_module("pydeck").__file__)).parent / "nbextension" / "static" / "index.js"
    made = {}
    for name, body, library in (("plotly", PLOTLY, plotly), ("deck.gl", DECK, deck.read_text("utf-8"))):
        head = re.sub("|".join(packed), lambda found: packed[found[0]], HEAD)
        page = head + body.replace("DONE", READY).replace("LIBRARY", library.replace("</script", r"<\/script"))
        made[name] = folder / f"{name}.html"
        made[name].write_text(page, "utf-8")
    made["bokeh"] = folder / "bokeh.html"
    made["bokeh"].write_text(bokeh_page(places, [COLOURS[one] for one in of % 6]), "utf-8")
    return made


def bokeh_page(places: Any, colours: list[str]) -> str:
    plotting, embed, resources = (
        importlib.import_module(f"bokeh.{name}") for name in ("plotting", "embed", "resources")
    )
    figure = plotting.figure(
        output_backend="webgl", sizing_mode="stretch_both", tools="pan,wheel_zoom", active_scroll="wheel_zoom"
    )
    figure.toolbar_location, figure.axis.visible, figure.grid.visible = None, False, False
    figure.scatter(places[:, 0], places[:, 1], size=4, color=colours, alpha=0.75, line_width=0)
    wait = "const i = setInterval(() => { if (window.Bokeh?.documents[0]?.is_idle) { clearInterval(i); "
    wait += f"requestAnimationFrame(() => requestAnimationFrame(() => {READY})) }} }}, 5)"
    page = str(embed.file_html(figure, resources.INLINE, "bokeh"))
    return page.replace(
        "</body>", f"<style>html, body {{ margin: 0; height: 100% }}</style><script>{wait}</script></body>"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path, help="made by 'fastemb explore'")
    parser.add_argument("--libraries", action="store_true", help="compare with the libraries alone")
    parser.add_argument("--count", type=int, default=50_000, help="points in the pages of the libraries (50,000)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pages = {"fastemb explore": options.page.resolve()}
        if options.libraries:
            pages |= pages_of_libraries(options.count, Path(folder))
        print("| | MB | first picture, s | pan: frames/s | longest, ms | zoom: frames/s | longest, ms |")
        print("|---|--:|--:|--:|--:|--:|--:|")
        for name, page in pages.items():
            size, first, pan, zoom = measured(page)
            told = (f"{1000 / statistics.mean(one):.0f} | {max(one):.0f}" for one in (pan, zoom))
            print(f"| {name} | {size:.1f} | {first / 1000:.1f} | {' | '.join(told)} |", flush=True)


if __name__ == "__main__":
    main()
