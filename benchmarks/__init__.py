"""The asv suite: how far each workload scales over threads, commit by commit.

The instrument comes from this checkout, whatever commit is under test: it is loaded by path,
and must not change with what it measures. The workloads' code comes from the installed commit,
and is looked up when it runs.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def _load_instrument() -> ModuleType:
    package = Path(__file__).resolve().parent.parent / "antigil" / "scaling"
    spec = importlib.util.spec_from_file_location(
        f"{__name__}.instrument", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"no instrument in {package}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


instrument = _load_instrument()
