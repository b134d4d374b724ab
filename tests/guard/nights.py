"""Nights of ``antigil alert --confirm`` on a generated history, of which only the measuring is made up."""

from comparisons import LOST, STEADY, readings
from generated import Behaviour, Planned, generate

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

    def night(self, minutes=None, measuring=True):
        """Do what ``antigil alert --confirm`` does; return the archive and the alerts."""
        project = open_project()
        memory = Memory.open(self.root / "results", branch=project.first_branch)
        archive, revisions = load_archive(project, None, memory.hashes)
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
