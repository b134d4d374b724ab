"""Short forms of what tools/disturb.py does: whatever disturbs a measurement, no verdict of it is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from marks import needs_gil, needs_two_cpus
from once_more import once_more

TOOLS = Path(__file__).parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

pytestmark = [pytest.mark.timing, needs_two_cpus, needs_gil]

if sys.platform == "linux":
    from disturb import SUBJECTS, is_marked, once, wrong
    from disturbances import CGROUPS, MEASURE
    from support import only_cpus

    QUICK = ["the command's mask cut", "both stopped again and again"]
    if os.access(CGROUPS / "cpu", os.W_OK):
        QUICK.append("a quota of 1 CPU set meanwhile")

    @pytest.mark.parametrize("disturbance", QUICK)
    def test_what_is_disturbed_says_so_or_is_refused(disturbance):
        came = once(disturbance, SUBJECTS["releases"], 2.0)
        assert came["kind"] in ("marked", "refused"), came

    @once_more
    def test_two_measurements_at_once_both_tell_that_they_were_disturbed():
        subjects = [SUBJECTS[name] for name in ("releases", "holds")]
        words = [*MEASURE, "-t", "1,2", "--budget", "2", "--json", "-"]
        with only_cpus(sorted(os.sched_getaffinity(0))[:2]):
            both = [
                subprocess.Popen([*words, one.statement], stdout=subprocess.PIPE, text=True)
                for one in subjects
            ]
        forms = [json.loads(one.communicate()[0]) for one in both]
        for subject, form in zip(subjects, forms, strict=True):
            assert wrong(subject, form) == []
            assert is_marked(form) or form["points"][0]["dropped"] > 0  # it had undisturbed rounds enough
