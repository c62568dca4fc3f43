"""Answer all questions, one after the other: `python -m bench`."""

import json
from typing import Any

from bench import RESULTS, cold_start, figures, page, scale, size, waiting
from bench.machine import environment

QUESTIONS = {"waiting": waiting, "scale": scale, "cold_start": cold_start, "size": size}


def main() -> None:
    """Measure, show the tables, and write the results, the figures and the page."""
    results: dict[str, Any] = {"environment": environment()}
    for name, question in QUESTIONS.items():
        print(f"Measuring {name} ...", flush=True)
        results[name] = question.measure()
    RESULTS.write_text(f"{json.dumps(results, indent=2)}\n")
    figures.draw(results)
    tables = page.tables(results, QUESTIONS)
    page.PAGE.write_text(page.with_tables(page.PAGE.read_text(), tables))
    print("\n\n".join(tables.values()))


if __name__ == "__main__":
    main()
