"""Nights of ``antigil alert --confirm`` on a generated history, of which only the measuring is made up."""

import json
import os
import subprocess

from comparisons import LOST, STEADY, readings
from generated import DAY, FIRST_DATE, Behaviour, Planned, generate

from antigil.errors import UserError
from antigil.guard import comparison as compare
from antigil.guard.alert_json import alerts_to_json
from antigil.guard.alert_log import Memory
from antigil.guard.alerts import find_alerts
from antigil.guard.interleaved_visits import VisitPlace
from antigil.guard.search.confirmation import confirm
from antigil.history.archive_reader import load_archive
from antigil.history.benchmark_columns import Column
from antigil.history.project import open_project
from antigil.history.series import TrackedWorkload

HOLDS, RELEASES = Behaviour(serial=1.0), Behaviour()
LOSES = (
    Planned("work.One", "one", {0: RELEASES, 8: HOLDS}),
    Planned("work.Two", "two", {0: HOLDS, 4: RELEASES}),
    Planned("controls.Loop", "loop", {0: HOLDS}, control=True),
)
COLUMNS = tuple(
    Column(TrackedWorkload(name, name, name.startswith("controls.")), "slowdown", 2, name, 1)
    for name in ("work.One", "work.Steady", "controls.Loop")
)


class History:
    """A generated history, in the current folder, and what measuring its commits again shows.

    `shows` gives the numbers that differ from the usual ones at a commit, by its place in the history;
    `asked` holds base, head, and patterns of each comparison, one for each workload.
    """

    def __init__(self, root, monkeypatch, plan):
        self.root, self.hashes = root, generate(plan, root)
        self.shows, self.asked, self.problem, self.now = (lambda place: {}), [], None, 0.0
        self.combinations, self.unbuildable, self.surroundings = [], frozenset(), ({}, {})
        monkeypatch.chdir(root)
        monkeypatch.setattr(compare, "prepare", self.prepare)
        monkeypatch.setattr(compare, "measure_both", self.measure_both)

    def prepare(self, project, commits, patterns, environments, combination=None, workload=None):
        """Install nothing; a comparison takes a minute."""
        self.combinations.append(combination)
        names = "|".join(patterns).split("|")
        self.asked.append((*(self.hashes.index(one.hash) for one in commits), names))
        self.now += 60.0
        if self.problem:
            raise self.problem
        if self.asked[-1][1] in self.unbuildable:
            raise UserError(f"commit {self.asked[-1][1]} cannot be built")
        suite = {one.benchmark: {} for one in COLUMNS}
        return (VisitPlace("virtualenv-py3.13", "3.13", suite, COLUMNS, commits, self.surroundings),)

    def measure_both(self, place, sides, workloads=None, progress=None):
        """Return what the commits show."""
        places = [self.hashes.index(one.hash) for one in place.sides]
        base, head = (readings({**STEADY, **self.shows(i)}, n=len(sides) // 2) for i in places)
        return base, head

    def forget(self, machine, *places):
        """Take away a machine's results of some commits."""
        for i in places:
            (file,) = (self.root / "results" / machine).glob(f"{self.hashes[i][:8]}-*")
            file.unlink()

    def commit(self, *parents, day=0.0, ref="refs/heads/main"):
        """Commit on top of some places, so many days after the first, for `ref`; return its place."""
        git, when = ("git", "-C", str(self.root)), f"{FIRST_DATE + int(day * DAY)} +0000"
        words = [word for place in parents for word in ("-p", self.hashes[place])]
        make = [*git, "commit-tree", f"{self.hashes[0]}^{{tree}}", *words, "-m", "aside"]
        dates = {**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        self.hashes.append(subprocess.check_output(make, env=dates, text=True).strip())
        subprocess.run([*git, "update-ref", ref, self.hashes[-1]], check=True)
        return len(self.hashes) - 1

    def file_of(self, place, machine="alpha"):
        """Return the file of a commit's results."""
        (file,) = (self.root / "results" / machine).glob(f"{self.hashes[place][:8]}-*")
        return file

    def measure_as(self, place, like):
        """Store for one commit what another one shows."""
        file, (mine, other) = self.file_of(like), (self.hashes[i] for i in (place, like))
        text = file.read_text().replace(other, mine)
        file.with_name(file.name.replace(other[:8], mine[:8])).write_text(text)

    def change_results(self, places, change):
        """Let a function change what is stored for some commits: the row of each benchmark, by name."""
        for place in places:
            stored = json.loads(self.file_of(place).read_text())
            change(stored["results"])
            self.file_of(place).write_text(json.dumps(stored))

    def configure(self, **told):
        """Change some keys of asv's configuration."""
        file = self.root / "asv.conf.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **told}))

    def night(self, minutes=None, measuring=True):
        """Do what ``antigil alert --confirm`` does; return the archive and the alerts."""
        project = open_project()
        memory = Memory.open(self.root / "results", branch=project.first_branch)
        archive, revisions = load_archive(project, memory.hashes)
        alerts = memory.recognise(find_alerts(archive, project.options), project.repo, revisions)
        if measuring:
            alerts = confirm(
                project,
                archive,
                alerts,
                memory,
                processes=8,
                say=str,
                minutes=minutes,
                clock=lambda: self.now,
            )
        alerts = memory.marked(alerts)
        for alert in alerts:
            memory.note(alert, told=True)
        return archive, alerts

    def losses(self, **options):
        """Return a night's losses."""
        return [alert for alert in self.night(**options)[1] if alert.lost and not alert.workload.control]

    def document(self, **options):
        """Return a night's alerts in their JSON form."""
        return alerts_to_json(*self.night(**options))


def lost_from(first, numbers=LOST):
    """Show numbers from a commit on."""
    return lambda place: numbers if place >= first else {}
