"""What the sampler notes of a thread, in a process of its own: it takes a signal."""

import json
import subprocess
import sys

PROGRAM = """
import json, sys, threading
from antigil.where import _sampler
from antigil.where.records import SAMPLE, read_records

codes = {}  # the sampler describes each once

def sampled(work):
    '''Return what a thread that does some work runs, the innermost first: file, line and name.'''
    def watched():
        _sampler.enrol()
        work()
        _sampler.retire()
    _sampler.start(27, 1e-3, 7, 1.0, 1 << 28)
    thread = threading.Thread(target=watched)
    thread.start()
    thread.join()
    assert _sampler.stop() == ""
    samples = list(read_records(_sampler.drain(), _sampler.REGISTERS, codes))
    return [
        [(codes[f.code].file, codes[f.code].line(f.offset), codes[f.code].name) for f in sample.frames]
        for sample in samples
        if sample.kind == SAMPLE
    ]

def tell(found):
    json.dump(found, sys.stdout)
"""


def told(script, *options):
    """Return what a script gives to `tell`; `sampled(work)` is at hand there."""
    command = [sys.executable, *options, "-c", PROGRAM + script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, ""), f"exit status {done.returncode}: {done.stderr}"
    return json.loads(done.stdout)
