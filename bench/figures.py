"""The figures: overhead against the time that a tracker takes, and the time to the last of many."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench import ROOT, scale, waiting
from bench.approaches import CDK, FIXED, GROWING, OURS, POLLING_1, POLLING_2

OVERHEAD = ROOT / "docs/figures/overhead.svg"
SCALE = ROOT / "docs/figures/scale.svg"

# Told apart by colour-blind eyes too (Okabe and Ito).
COLOURS = {
    OURS: "#0072b2",
    FIXED: "#009e73",
    CDK: "#cc79a7",
    GROWING: "#e69f00",
    POLLING_1: "#d55e00",
    POLLING_2: "#000000",
}


def draw(results: Mapping[str, Any]) -> None:
    """Write both, the same for the same results."""
    mpl.rcParams.update({"svg.hashsalt": "bench", "svg.fonttype": "none", "font.family": "sans-serif"})
    _write(_overhead(results["waiting"]), OVERHEAD)
    _write(_scale(results["scale"]), SCALE)


def _write(figure: Figure, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    # Matplotlib ends some lines with a blank.
    path.write_text("".join(f"{line.rstrip()}\n" for line in path.read_text().splitlines()))


def _overhead(measured: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot(
        title="How long after a tracker is ACTIVE the answer is there",
        xlabel="a tracker takes",
        ylabel="seconds, mean",
        xscale="log",
        yscale="log",
    )
    for name in COLOURS:
        by_seconds = measured["Create"][name]
        means = [by_seconds[str(seconds)]["overhead"]["mean"] for seconds in waiting.SECONDS]
        _line(axes, name, waiting.SECONDS, means)
    beyond = [seconds for seconds in waiting.SECONDS if seconds >= 30]
    target = [waiting.MOST_BEYOND * seconds for seconds in beyond]
    axes.plot(beyond, target, color="grey", linestyle="dotted", label=f"{waiting.MOST_BEYOND:.0%} of what it takes")
    axes.set_xticks(waiting.SECONDS, [waiting.said(seconds) for seconds in waiting.SECONDS])
    axes.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    _finish(figure, axes)
    return figure


def _scale(measured: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(8, 5), layout="constrained")
    figure.suptitle("Trackers created at once: the last answer, and how many creates failed")
    for place, rate in enumerate(scale.RATES, start=1):
        axes = figure.add_subplot(
            1,
            len(scale.RATES),
            place,
            title=f"a limit of {rate} calls a second",
            xlabel="trackers",
            ylabel="seconds",
            xscale="log",
            xlim=(0.8, 900),
            ylim=(0, 700),
        )
        for name in scale.COMPARED:
            outcomes = [measured[str(rate)][name][str(count)] for count in scale.TRACKERS]
            last = [outcome["last_answer"]["median"] for outcome in outcomes]
            _line(axes, name, scale.TRACKERS, last)
            for count, seconds, outcome in zip(scale.TRACKERS, last, outcomes, strict=True):
                if failures := outcome["failures"]["median"]:
                    place_of_text = {"xytext": (0, -12), "textcoords": "offset points", "ha": "center", "fontsize": 7}
                    axes.annotate(f"{failures:.0f}", (count, seconds), color=COLOURS[name], **place_of_text)
        floor = [measured[str(rate)]["floor"][str(count)] for count in scale.TRACKERS]
        axes.plot(scale.TRACKERS, floor, color="grey", linestyle="dotted", label="two calls for each, at that rate")
        axes.set_xticks(scale.TRACKERS, [str(count) for count in scale.TRACKERS])
    _finish(figure, *figure.axes)
    return figure


def _line(axes: Axes, name: str, x: tuple[int, ...], y: list[float]) -> None:
    axes.plot(x, y, color=COLOURS[name], linewidth=3 if name == OURS else 1.5, marker="o", markersize=4, label=name)


def _finish(figure: Figure, *all_axes: Axes) -> None:
    for axes in all_axes:
        axes.minorticks_off()
        axes.grid(visible=True, alpha=0.3)
    figure.legend(*all_axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
