"""Controls: code that our commits never change, so that what moves here is the machine."""

from .checkout.suite import Scaling, Workload


class Sha256(
    Scaling,
    title="control: hashlib.sha256 of 1 MiB, releases the GIL",
    expected="n, up to the CPUs",
    control=True,
):
    """A standard-library call that releases the GIL; below 1 ms."""

    workload = Workload("sha256(data)", "from hashlib import sha256\ndata = bytes(1 << 20)")


class PythonLoop(
    Scaling, title="control: sum(range(50_000)), holds the GIL", expected="1 with a GIL", control=True
):
    """A standard-library call that holds the GIL; about 1 ms."""

    workload = Workload("sum(range(50_000))")
