"""Where the generated histories, the sample project and made-up nights are."""

import importlib.util
import sys
from pathlib import Path

for room in ("ci", "guard", "history", "scaling"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / room))


_ci = importlib.util.spec_from_file_location("ci_conftest", Path(__file__).parents[1] / "ci" / "conftest.py")
_stand_in = importlib.util.module_from_spec(_ci)
_ci.loader.exec_module(_stand_in)
github = _stand_in.github

#: Signals, limits and rights as Linux has them.
collect_ignore = [] if sys.platform == "linux" else ["test_reliability_killed.py"]
