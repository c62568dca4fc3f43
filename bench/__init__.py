"""What a user of the provider waits for and pays, beside what they would use instead: `python -m bench`."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench/results.json"
# The provider is no installed package.
sys.path.insert(0, str(ROOT / "provider"))
