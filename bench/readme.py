"""The page on performance, out of the results."""

from collections.abc import Mapping
from typing import Any

from bench import ROOT, cold_start, reality, scale, size, waiting
from bench.prose import paragraph
from bench.questions import QUESTIONS

README = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def write(results: Mapping[str, Any]) -> None:
    """Put the section in place of the one that is there."""
    before, rest = README.read_text().split(BEGIN)
    _, after = rest.split(END)
    README.write_text(f"{before}{BEGIN}\n{section(results)}\n{END}{after}")


def section(results: Mapping[str, Any]) -> str:
    """What the results say, in Markdown."""
    return "\n\n".join(
        (
            *(question.markdown(results[name]) for name, question in QUESTIONS.items()),
            _targets(results),
            _circumstances(results),
        )
    )


def _targets(results: Mapping[str, Any]) -> str:
    missed = [
        *waiting.shortfalls(results["waiting"]),
        *reality.shortfalls(results["reality"]),
        *scale.shortfalls(results["scale"]),
        *cold_start.shortfalls(results["cold_start"]),
        *size.shortfalls(results["size"]),
    ]
    return paragraph(
        f"**Targets.** At most {waiting.MOST_AT_30:g} s of overhead for a tracker that takes 30 s, and "
        f"{waiting.MOST_BEYOND:.0%} for those that take longer, as a mean; at most {waiting.MOST_LOOKS[30]} looks for "
        f"30 s, and {waiting.MOST_LOOKS[600]} for ten minutes; no failure of {scale.TRACKERS[-1]} creates at once; a "
        f"cold start of at most {cold_start.TARGET:g} times the least, and a zip of at most {size.TARGET:,} bytes.",
        f"Missed: {'; '.join(missed)}." if missed else "All are met.",
    )


def _circumstances(results: Mapping[str, Any]) -> str:
    machine, versions, assumed = results["machine"], results["versions"], results["waiting"]
    return paragraph(
        "**How.** In the first four, the real handler, the real crhelper and botocore's own retries run in virtual "
        f"time against the fake of Amazon Personalize. There a call takes {1000 * assumed['seconds_per_call']:.0f} "
        f"ms, and a function "
        f"is warm and begins after {1000 * assumed['seconds_to_invoke']:.0f} ms. A tracker takes up to "
        f"{assumed['spread']:.0%} more or less than is said. A rule of EventBridge's first runs after its interval, "
        "as documented, and up to a minute late, since it runs within a minute and not at its start. The CDK's "
        "framework queries every 5 s, by default.",
        f"Measured with {', '.join(f'{name} {version}' for name, version in versions.items())};",
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory in GB']} GB, {machine['system']}.",
        "[bench/results.json](../bench/results.json) has all numbers.",
    )
