"""Where the generated histories, the sample project and made-up nights are."""

import sys
from pathlib import Path

for room in ("ci", "guard", "history", "scaling"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / room))
