"""What the tests of the report use of the guard's and the history's."""

import sys
from pathlib import Path

for room in ("guard", "history"):  # for `comparisons` and `nights`, and for `generated`
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / room))
