"""Workloads that are hard on a sampler, each of which checks its own results."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

SOURCE = Path(__file__).parent / "known" / "_hostile.cpp"

SETUP = """
import ctypes, itertools, os, signal, sys, threading, time
sys.path.insert(0, {folder!r})
import _hostile

numbers = itertools.count()
seen = []
signal.signal(signal.SIGUSR1, lambda *_: seen.append(1))
signal.signal(signal.SIGALRM, lambda *_: seen.append(2))
signal.setitimer(signal.ITIMER_REAL, 0.003, 0.003)
library = {library!r}
dlclose = ctypes.CDLL(None).dlclose
dlclose.argtypes = [ctypes.c_void_p]

def throws():
    assert _hostile.throw_often(20, 30) == 20

def allocates():
    blocks = [bytearray(n * 4096) for n in range(1, 60)]
    assert sum(map(len, blocks)) == 4096 * 59 * 60 // 2

def reads():
    assert _hostile.through_pipe(200) == 200

def forks():
    child = os.fork()
    if child == 0:
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7

def loads():
    handle = ctypes.CDLL(library)._handle
    assert dlclose(handle) == 0

def compiles():
    space = {{}}
    name = f"f{{next(numbers)}}"
    exec(compile(f"def {{name}}(n):\\n    return [n * i for i in range(50)]\\n", name, "exec"), space)
    assert space[name](3)[49] == 147

def starts():
    done = []
    threads = [threading.Thread(target=lambda: done.append(sum(range(500)))) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert done == [124750] * 3

def signals():
    before = time.monotonic()
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(0.001)
    assert time.monotonic() - before >= 0.001

kinds = itertools.cycle([throws, allocates, reads, forks, loads, compiles, starts, signals])

def hostile():
    next(kinds)()
"""


def build(folder, *options):
    """Build the extension into a folder; return the set-up of the workload, or None without a compiler."""
    compiler = shutil.which("c++")
    if compiler is None:
        return None
    include = f"-I{sysconfig.get_path('include')}"
    target = Path(folder) / "_hostile.so"
    command = [compiler, "-O1", "-g", "-shared", "-fPIC", include, *options, str(SOURCE), "-o", str(target)]
    subprocess.run(command, check=True)
    copy = Path(folder) / "loaded_again.so"
    shutil.copyfile(target, copy)
    return SETUP.format(folder=os.fspath(folder), library=os.fspath(copy))
