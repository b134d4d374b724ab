"""The sample project on a free-threaded build: functions that come to share what each thread had for itself.

No thread holds a GIL there. What threads take from each other shows in slowdown, in waiting, and in CPU time
per call (`inflation`) where they pass a cache line around and none of them sleeps.
"""

from sample_project import generate_project

#: The calls of each function take about 3 ms.
FIRST = {
    "references": "refer(own(object))",
    "tenth": "locked(own(Lock), 3_000)",
    "mutex": "locked(own(Lock), 20_000)",
    "section": "write(own(lambda: [0]))",
    "counter": "add(OWN)",
}

#: By what comes to be shared: the function, and its new body.
CHANGES = {
    "references": "refer(OBJECT)",
    "tenth": "locked(LOCK, 3_000)",
    "mutex": "locked(LOCK, 20_000)",
    "section": "write(LIST)",
    "counter": "add(SHARED)",
}

MODULE = '''"""What is measured."""

from itertools import count
from threading import Lock, local

from . import _native

OBJECT, LOCK, LIST = object(), Lock(), [0]
OWN, SHARED = _native.SharedCounter("slots", 64), _native.SharedCounter("atomic", 64)
_next, _mine = count(), local()


def own(make):
    """Return this thread's own one."""
    if not hasattr(_mine, "thing"):
        _mine.thing = make()
    return _mine.thing


def refer(thing):
    for _ in range(30_000):
        (thing,)


def locked(lock, inside):
    for _ in range(10):
        _native.serial_fraction(30_000 - inside, 0.0, 1000)
        with lock:
            _native.serial_fraction(inside, 0.0, 1000)


def write(items):
    for i in range(60_000):
        items[0] = i


def add(counter):
    if not hasattr(_mine, "slot"):
        _mine.slot = next(_next) % 64
    counter.add_releasing(200_000, _mine.slot)
'''


def generate(root, names=tuple(CHANGES), budget=2.0, threads=2):
    """Write the project with a commit for each of some changes; return the hashes, oldest first."""
    first = {name: FIRST[name] for name in names}
    changes = [(f"{name}: share it", name, CHANGES[name]) for name in names]
    budgets = dict.fromkeys([*first, "loop"], budget)
    return generate_project(root, first, changes, budgets, MODULE, threads, pythons=["3.14t"])
