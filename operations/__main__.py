"""`python -m operations COMMAND`: what an operator does that is no work for CloudFormation."""

import argparse
import sys
from collections.abc import Sequence

from operations import orphans, respond


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m operations", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (orphans, respond):
        command.add_to(commands)
    chosen = parser.parse_args(arguments)
    # Each command says what runs it.
    return int(chosen.run(chosen))


if __name__ == "__main__":
    sys.exit(main())
