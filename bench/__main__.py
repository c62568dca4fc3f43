"""Ask all questions, one after the other: `python -m bench`."""

import json
import sys

from rich.console import Console

from bench import RESULTS, figures, readme
from bench.machine import machine, versions
from bench.questions import QUESTIONS


def main() -> None:
    """Measure, show the tables, and write the results, the figures and the README's section."""
    # In a file, wide enough for every table.
    console = Console(width=None if sys.stdout.isatty() else 180)
    results = {"machine": machine(), "versions": versions()}
    for name, question in QUESTIONS.items():
        results[name] = question.measure(console)
        for table in question.tables(results[name]):
            console.print(table)
    RESULTS.write_text(f"{json.dumps(results, indent=2)}\n")
    figures.draw(results)
    readme.write(results)


if __name__ == "__main__":
    main()
