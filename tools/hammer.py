"""Call every kernel, in every way it can succeed or fail, from many threads at once, and compare the answers.

Usage: python tools/hammer.py [--threads 16] [--seconds 60]

Prints the calls and what differed from the answers that one thread got alone; exit status 1 where anything
did. On a free-threaded build the GIL has to be off, and to stay off.
"""

import argparse
import sys
import sysconfig

from every_call import hammer
from support import positive

from antigil.scaling import gil_enabled

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def main() -> int:
    """Hammer, and print what came of it in one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=positive, default=16)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    calls, wrong = hammer(options.threads, options.seconds)
    if FREE_THREADED and gil_enabled():
        wrong.append("the GIL came on")
    print(f"{calls} calls by {options.threads} threads, the GIL {'on' if gil_enabled() else 'off'},", end=" ")
    print(f"{len(wrong)} wrong answers")
    for one in wrong[:20]:
        print(one)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
