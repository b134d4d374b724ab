"""Workloads that do what no workload should; see tools/hostile.py."""

RESULT, ERROR, DIED, HANGS = "a result", "its own error", "died", "hangs"

THREAD = "import threading, time"
CTYPES = "import ctypes; libc = ctypes.PyDLL(None)"
# By name: statement, set-up, and how it may end.
WORKLOADS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "raises": ("1 / 0", "pass", (ERROR,)),
    "raises in the set-up": ("pass", "1 / 0", (ERROR,)),
    "raises SystemExit": ("raise SystemExit(3)", "pass", (ERROR,)),
    "raises KeyboardInterrupt": ("raise KeyboardInterrupt", "pass", (ERROR,)),
    "raises GeneratorExit": ("raise GeneratorExit", "pass", (ERROR,)),
    "raises a BaseException of its own": ("raise B", "class B(BaseException): pass", (ERROR,)),
    "raises what cannot be shown": ("raise E", "class E(Exception):\n def __str__(self): 1 / 0", (ERROR,)),
    "raises a megabyte of words": ("raise ValueError('x' * 10**6)", "pass", (ERROR,)),
    "raises odd characters": ("raise ValueError('\\ud800\\x00\\x1b[31m')", "pass", (ERROR,)),
    "raises in one thread of several": ("if thread: 1 / 0", "pass", (ERROR,)),
    "raises at times": ("if random.random() < 0.01: 1 / 0", "import random", (ERROR, RESULT)),
    "runs out of recursion": ("f()", "def f(): f()", (ERROR,)),
    "runs out of recursion in C": ("repr(x)", "x = []\nfor _ in range(10**5): x = [x]", (ERROR, DIED)),
    "is no Python": ("x = = 1", "pass", (ERROR,)),
    "imports what is not there": ("pass", "import no_such_module_at_all", (ERROR,)),
    "exits by sys.exit": ("sys.exit()", "import sys", (ERROR,)),
    "exits by os._exit": ("os._exit(0)", "import os", (DIED,)),
    "exits in the set-up": ("pass", "import os; os._exit(0)", (DIED,)),
    "exits with status 1": ("os._exit(1)", "import os", (DIED,)),
    "aborts": ("os.abort()", "import os", (DIED,)),
    "kills itself": ("os.kill(os.getpid(), 9)", "import os", (DIED,)),
    "terminates itself": ("os.kill(os.getpid(), 15)", "import os", (DIED,)),
    "kills its group": ("os.killpg(0, 9)", "import os", (DIED,)),
    "interrupts itself": ("os.kill(os.getpid(), 2)", "import os", (ERROR, DIED)),
    "segfaults": ("ctypes.string_at(0)", "import ctypes", (DIED,)),
    "divides by zero in C": ("os.kill(os.getpid(), signal.SIGFPE)", "import os, signal", (DIED,)),
    "overruns its stack": (
        "f(b'')",
        "import sys, ctypes; sys.setrecursionlimit(10**8)\n"
        "def f(x): return g(x)\ng = ctypes.CFUNCTYPE(ctypes.py_object, ctypes.py_object)(f)",
        (ERROR, DIED),
    ),
    "hangs in a loop": ("while True: pass", "pass", (HANGS,)),
    "hangs in the set-up": ("pass", "while True: pass", (HANGS,)),
    "hangs on a lock": ("lock.acquire()", f"{THREAD}; lock = threading.Lock()", (HANGS,)),
    "hangs with the GIL held": ("libc.sleep(600)", CTYPES, (HANGS,)),
    "hangs in a regular expression": ("re.match('(a+)+$', 'a' * 64 + 'b')", "import re", (HANGS,)),
    "hangs in one thread of several": ("if thread: time.sleep(600)", THREAD, (HANGS,)),
    "sleeps longer than its limit": ("time.sleep(600)", THREAD, (HANGS,)),
    "waits for input": ("sys.stdin.read(); input()", "import sys", (ERROR,)),
    "hangs when it is torn down": (
        "pass",
        "import atexit, time; atexit.register(time.sleep, 600)",
        (RESULT,),
    ),
    "stops itself": ("os.kill(os.getpid(), signal.SIGSTOP)", "import os, signal", (HANGS,)),
    "starts a thread for ever": (
        "pass",
        f"{THREAD}\nthreading.Thread(target=time.sleep, args=(600,)).start()",
        (RESULT,),
    ),
    "starts busy daemons": (
        "pass",
        f"{THREAD}\ndef f():\n while True: pass\n"
        "for _ in range(4): threading.Thread(target=f, daemon=True).start()",
        (RESULT,),
    ),
    "starts a thread in each call": (
        "t = threading.Thread(target=int); t.start(); t.join()",
        THREAD,
        (RESULT,),
    ),
    "starts threads and leaves them": (
        "threading.Thread(target=time.sleep, args=(0.1,)).start()",
        THREAD,
        (RESULT, ERROR),
    ),
    "starts a process in each call": ("subprocess.run(['true'])", "import subprocess", (RESULT,)),
    "leaves processes behind": (
        "pass",
        "import subprocess\nfor _ in range(5):\n subprocess.Popen(['sleep', '600'], start_new_session=False)",
        (RESULT,),
    ),
    "leaves a pipe of its own open": (
        "pass",
        "import subprocess\nsubprocess.Popen(['sleep', '600'])",
        (RESULT,),
    ),
    "forks in the set-up": ("pass", "import os\nif os.fork() == 0: os._exit(0)", (RESULT,)),
    "forks and goes on in both": ("pass", "import os\nos.fork()", (RESULT, ERROR, DIED)),
    "forks in each call": (
        "p = os.fork()\nif p == 0: os._exit(0)\nos.waitpid(p, 0)",
        "import os, warnings; warnings.simplefilter('ignore')",
        (RESULT,),
    ),
    "pins itself": ("os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})", "import os", (RESULT,)),
    "pins itself in the set-up": (
        "pass",
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})",
        (RESULT,),
    ),
    "takes over every signal": (
        "pass",
        "import signal\nfor s in signal.valid_signals() - {9, 19, 32, 33}:\n"
        " signal.signal(s, signal.SIG_IGN)",
        (RESULT,),
    ),
    "blocks every signal": (
        "pass",
        "import signal; signal.pthread_sigmask(0, signal.valid_signals())",
        (RESULT,),
    ),
    "sets a timer": (
        "pass",
        "import signal; signal.signal(14, lambda *_: None); signal.setitimer(0, 0.001, 0.001)",
        (RESULT,),
    ),
    "sets an alarm that kills": ("pass", "import signal; signal.setitimer(0, 0.01)", (DIED, RESULT, ERROR)),
    "closes standard output": ("os.close(1)", "import os", (ERROR,)),
    "closes all streams in the set-up": ("pass", "import os\nfor f in (0, 1, 2): os.close(f)", (RESULT,)),
    "closes every descriptor": ("pass", "import os; os.closerange(0, 4096)", (RESULT, ERROR, DIED)),
    "replaces sys.stdout": ("print('x')", "import sys; sys.stdout = sys.stderr = None", (RESULT,)),
    "prints a gigabyte": (
        "os.write(1, block); os.write(2, block)",
        "import os; block = bytes(1 << 20) * 16",
        (RESULT, HANGS),
    ),
    "prints a gigabyte in the set-up": (
        "pass",
        "import os\nfor _ in range(64): os.write(2, b'x' * (1 << 24))",
        (RESULT, HANGS),
    ),
    "allocates without end": (
        "keep.append(bytes(1 << 26))",
        "import resource\nkeep = []\nresource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))",
        (ERROR, DIED),
    ),
    "leaves no memory": (
        "keep.append([0] * 10**6)",
        "import resource\nkeep = []\nresource.setrlimit(resource.RLIMIT_DATA, (1 << 29, 1 << 29))",
        (ERROR, DIED, RESULT),
    ),
    "opens files without end": ("keep.append(open('/dev/null'))", "keep = []", (ERROR, RESULT)),
    "allows itself no file": (
        "pass",
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))",
        (RESULT, ERROR, DIED),
    ),
    "allows itself no CPU time": (
        "pass",
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (0, 0))",
        (DIED, RESULT),
    ),
    "changes the folder": ("pass", "import os; os.chdir('/')", (RESULT,)),
    "empties sys.modules": (
        "pass",
        "import sys\nfor n in list(sys.modules): sys.modules.pop(n)",
        (RESULT, ERROR, DIED),
    ),
    "breaks builtins": (
        "pass",
        "import builtins; builtins.open = builtins.len = None",
        (RESULT, ERROR, DIED),
    ),
    "breaks json and os": (
        "pass",
        "import json, os; json.dumps = None; os.replace = None",
        (RESULT, ERROR, DIED),
    ),
    "breaks time": (
        "pass",
        "import time; time.perf_counter = time.monotonic = lambda: 0.0",
        (RESULT, ERROR, HANGS),
    ),
    "sets a trace": ("pass", "import sys, threading; threading.settrace(lambda *_: None)", (RESULT,)),
    "switches off the collector": ("x = []; x.append(x)", "import gc; gc.disable()", (RESULT,)),
    "nices itself": ("pass", "import os; os.nice(19)", (RESULT,)),
}
