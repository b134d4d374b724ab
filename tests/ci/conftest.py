"""Where the generated histories and the sample project are."""

import sys
from pathlib import Path

for room in ("guard", "history"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / room))
