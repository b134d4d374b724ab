"""What the tests of the report use of the guard's and the history's."""

import sys
from pathlib import Path

for room in ("guard", "history", "scaling"):  # for `comparisons` and `nights`, `generated`, and `fakes`
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / room))
