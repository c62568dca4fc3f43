"""The figures: overhead against the time that a tracker takes, and the time to the last of many creates."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench import ROOT, scale, waiting
from bench.approaches import CDK, FIXED, OURS, POLLING, TYPICAL

OVERHEAD = ROOT / "docs/figures/overhead.svg"
SCALE = ROOT / "docs/figures/scale.svg"

# Told apart by color-blind eyes too (Okabe and Ito).
COLORS = {
    OURS: "#0072b2",
    scale.LIMITED: "#56b4e9",
    FIXED: "#009e73",
    CDK: "#cc79a7",
    POLLING: "#d55e00",
    TYPICAL: "#000000",
}


def draw(results: Mapping[str, Any]) -> None:
    """Write both, the same for the same results."""
    mpl.rcParams.update({"svg.hashsalt": "bench", "svg.fonttype": "none", "font.family": "sans-serif"})
    _write(_overhead(results["waiting"]["measured"]), OVERHEAD)
    _write(_scale(results["scale"]), SCALE)


def _write(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})
    # Matplotlib ends some lines with a blank.
    path.write_text("".join(f"{line.rstrip()}\n" for line in path.read_text().splitlines()))


def _overhead(measured: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot(
        title="How long after a tracker is ACTIVE the response is there",
        xlabel="a tracker takes",
        ylabel="seconds, mean",
        xscale="log",
        yscale="log",
    )
    for name, by_seconds in measured.items():
        _line(
            axes,
            name,
            waiting.SECONDS,
            [by_seconds[str(seconds)]["Create"]["overhead"]["mean"] for seconds in waiting.SECONDS],
        )
    beyond = [seconds for seconds in waiting.SECONDS if seconds >= 30]
    target = [waiting.MOST_BEYOND * seconds for seconds in beyond]
    axes.plot(beyond, target, color="grey", linestyle="dotted", label=f"{waiting.MOST_BEYOND:.0%} of what it takes")
    axes.set_xticks(waiting.SECONDS, [waiting.said(seconds) for seconds in waiting.SECONDS])
    axes.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    _finish(figure, axes)
    return figure


def _scale(measured: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(8, 5), layout="constrained")
    figure.suptitle("Trackers created at once: the last response, and how many creates failed")
    for place, rate in enumerate(scale.RATES, start=1):
        axes = figure.add_subplot(
            1,
            len(scale.RATES),
            place,
            title=f"a limit of {rate} calls a second",
            xlabel="trackers",
            ylabel="seconds",
            xscale="log",
            xlim=(0.8, 160),
            ylim=(0, 650),
        )
        for name, outcomes in measured[str(rate)].items():
            _line(axes, name, scale.TRACKERS, [outcome["last_response"]["median"] for outcome in outcomes.values()])
            for count, outcome in outcomes.items():
                if failures := outcome["failures"]["median"]:
                    style: Any = {"xytext": (0, 5), "textcoords": "offset points", "ha": "center", "fontsize": 7}
                    place_of_text = (int(count), outcome["last_response"]["median"])
                    axes.annotate(f"{failures:.0f}", place_of_text, color=COLORS[name], **style)
        axes.set_xticks(scale.TRACKERS, [str(count) for count in scale.TRACKERS])
    _finish(figure, *figure.axes)
    return figure


def _line(axes: Axes, name: str, x: Sequence[int], y: Sequence[float]) -> None:
    axes.plot(x, y, color=COLORS[name], linewidth=3 if name == OURS else 1.5, marker="o", markersize=4, label=name)


def _finish(figure: Figure, *all_axes: Axes) -> None:
    for axes in all_axes:
        axes.minorticks_off()
        axes.grid(visible=True, alpha=0.3)
    figure.legend(*all_axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
