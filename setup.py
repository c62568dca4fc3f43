"""What pre-commit installs: the root of a repository is all that it can install, and here that is the rules of lint/.

Nothing else is to be installed from here. The rules themselves are a package of their own: `pip install ./lint`.
"""

from pathlib import Path

from setuptools import setup

_LINT = Path(__file__).resolve().parent / "lint"

setup(
    name="personalize-event-tracker-pre-commit",
    packages=[],
    install_requires=[f"cfn-lint-personalize-event-tracker @ {_LINT.as_uri()}"],
)
