"""python -m bench.chart RESULTS.json ... OUT.png: the speeds of every case that bench.compare saved, as a picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

_OURS, _THEIRS, _RANGE = "#1f6f8b", "#b8c4cc", "#44545e"


def draw(results: dict[str, Any], path: Path) -> None:
    """One panel a case, one bar a trainer: its best run, a mark at the median, and how much faster fastemb is."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    cases = results["cases"]
    columns = min(len(cases), 2)
    rows = -(-len(cases) // columns)
    bars = max(len(_shown(case)) for case in cases)
    figure = Figure(figsize=(5.4 * columns, rows * (0.9 + 0.32 * bars)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False).flat
    for panel, case in zip(panels, cases, strict=False):
        _panel(panel, case, max(case["bytes"] for case in cases))
    for panel in list(figure.axes)[len(cases) :]:
        panel.set_visible(False)
    settings, where, about = results["settings"], results["machine"], results["about"]
    threads = "one thread" if settings["threads"] == 1 else f"{settings['threads']} threads"
    figure.suptitle(f"Thousand words a second, {threads}: best run, and median (|)", fontsize=11)
    figure.supxlabel(
        f"{about['corpus']}, {about['words']:,} words; {where['cpu']}; {where['date'][:10]}", fontsize=7, color=_RANGE
    )
    figure.savefig(path, dpi=150)


def _shown(case: dict[str, Any]) -> list[dict[str, Any]]:
    return [trainer for trainer in case["trainers"] if trainer["summary"]]


def _panel(panel: Any, case: dict[str, Any], whole: int) -> None:
    shown = _shown(case)
    speeds = [trainer["summary"]["words_per_s"] for trainer in shown]
    best = [speed["best"] / 1e3 for speed in speeds]
    places = range(len(shown))
    panel.barh(places, best, color=[_OURS if t["isa"] else _THEIRS for t in shown], height=0.7)
    panel.plot([speed["median"] / 1e3 for speed in speeds], places, "|", color=_RANGE, markersize=9)
    for place, value, trainer in zip(places, best, shown, strict=True):
        beside = [f"{ratio['training_best']:.1f}x" for ratio in trainer["fastemb_ratios"].values()]
        text = f"{value:,.0f}" + (f"   fastemb {', '.join(beside)}" if beside else "")
        panel.annotate(text, (value, place), (4, 0), textcoords="offset points", va="center", fontsize=8)
    panel.set_yticks(places, [trainer["trainer"] for trainer in shown], fontsize=8)
    panel.invert_yaxis()
    panel.set_xlim(0, 1.18 * max(best))
    panel.set_xticks([])
    part = f", first {case['bytes'] / 1e6:.0f} MB" if case["bytes"] < whole else ""
    panel.set_title(case["title"].partition(": ")[2] + part, fontsize=8, loc="left")
    panel.spines[["top", "right", "bottom"]].set_visible(False)


if __name__ == "__main__":
    *sources, target = map(Path, sys.argv[1:])
    first, *others = [json.loads(source.read_text(encoding="utf-8")) for source in sources]
    draw({**first, "cases": first["cases"] + [case for other in others for case in other["cases"]]}, target)
