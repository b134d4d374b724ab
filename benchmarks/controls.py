"""Controls: code that our commits never change, so that what moves here is the machine."""

from . import instrument
from .suite import Scaling


class Sha256(Scaling, title="control: hashlib.sha256 of 1 MiB, releases the GIL", control=True):
    """A standard-library call that releases the GIL; below 1 ms."""

    workload = instrument.Workload("sha256(data)", "from hashlib import sha256\ndata = bytes(1 << 20)")

    def setup_cache(self):
        return self.measure()


class PythonLoop(Scaling, title="control: sum(range(50_000)), holds the GIL", control=True):
    """A standard-library call that holds the GIL; about 1 ms."""

    workload = instrument.Workload("sum(range(50_000))")

    def setup_cache(self):
        return self.measure()
