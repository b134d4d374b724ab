"""CPUs allowed: affinity mask, cut by the cgroup's quota; and the order to place threads in."""

import os
import subprocess
import sys

import pytest

from antigil.scaling import cgroup_quota, cpus_allowed, default_thread_counts
from antigil.scaling import host as host_module
from antigil.scaling.host import Host, Placement, affinity, placement

V2 = "0::/outer/inner\n"
V1 = "12:memory:/outer\n4:cpu,cpuacct:/outer/inner\n0::/\n"


@pytest.fixture
def quota(tmp_path):
    """Return a function from a membership file and files of a cgroup tree to the quota found."""

    def find(membership, files):
        for name, text in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (tmp_path / "membership").write_text(membership)
        return cgroup_quota(tmp_path / "cgroup", tmp_path / "membership")

    return find


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"outer/inner/cpu.max": "max 100000\n"}, None),
        ({"outer/inner/cpu.max": "200000 100000\n"}, 2.0),
        ({"outer/inner/cpu.max": "50000 100000\n"}, 0.5),
        ({"outer/cpu.max": "250000 100000\n"}, 2.5),
        ({"outer/inner/cpu.max": "max 100000\n", "outer/cpu.max": "300000 100000\n"}, 3.0),
        ({"outer/inner/cpu.max": "400000 100000\n", "outer/cpu.max": "150000 50000\n"}, 3.0),
        ({"cpu.max": "100000 100000\n"}, 1.0),
        ({"elsewhere/cpu.max": "100000 100000\n"}, None),
        ({"outer/inner/cpu.max": "\n"}, None),
    ],
)
def test_the_tightest_quota_of_version_2_counts(quota, files, expected):
    assert quota(V2, files) == expected


def v1_files(group, quota_us, period_us=100000):
    return {f"{group}/cpu.cfs_quota_us": f"{quota_us}\n", f"{group}/cpu.cfs_period_us": f"{period_us}\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        (v1_files("cpu,cpuacct/outer/inner", -1), None),
        (v1_files("cpu,cpuacct/outer/inner", 250000), 2.5),
        (v1_files("cpu,cpuacct/outer/inner", -1) | v1_files("cpu,cpuacct/outer", 30000, 20000), 1.5),
        (v1_files("cpu,cpuacct", 100000), 1.0),
        (v1_files("cpu/outer/inner", 200000), 2.0),
        (v1_files("memory/outer", 100000), None),
        ({"cpu,cpuacct/outer/inner/cpu.cfs_quota_us": "100000\n"}, None),
    ],
)
def test_the_tightest_quota_of_version_1_counts(quota, files, expected):
    """The controller lies in a folder named like the mount, or linked by its own name."""
    assert quota(V1, files) == expected


@pytest.mark.parametrize("membership", ["0::/../..\n", "0::/\n", ""])
def test_a_group_outside_the_container_is_no_error(quota, membership):
    assert quota(membership, {}) is None


def test_without_control_groups_there_is_no_quota(tmp_path):
    assert cgroup_quota(tmp_path, tmp_path / "missing") is None


@pytest.mark.parametrize(
    ("quota", "mask", "expected"),
    [(None, 4, 4), (2.5, 4, 2), (0.5, 4, 1), (8.0, 4, 4), (1.0, 1, 1), (3.999, 4, 3)],
)
def test_cpus_allowed_are_the_mask_cut_by_the_quota(monkeypatch, quota, mask, expected):
    monkeypatch.setattr(host_module, "cgroup_quota", lambda: quota)
    monkeypatch.setattr(host_module, "affinity", lambda: tuple(range(mask)))
    assert cpus_allowed() == expected


if hasattr(os, "sched_setaffinity"):

    @pytest.mark.parametrize("cpu", [min(affinity()), max(affinity())])
    def test_an_affinity_mask_counts(cpu):
        """It is set in a child process, before that asks."""
        code = (
            f"import os; os.sched_setaffinity(0, {{{cpu}}});"
            "from antigil.scaling import affinity, cpus_allowed; print(affinity(), cpus_allowed())"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert run.stdout.strip() == f"({cpu},) 1"


def test_where_there_is_no_mask_all_cpus_count(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert affinity() == (0, 1, 2)


@pytest.fixture
def topology(tmp_path):
    """Return a function that writes the list of hardware threads of each CPU's core."""

    def write(siblings):
        for cpu, text in siblings.items():
            folder = tmp_path / f"cpu{cpu}" / "topology"
            folder.mkdir(parents=True)
            (folder / "thread_siblings_list").write_text(f"{text}\n")
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("siblings", "cpus", "order"),
    [
        ({0: "0-1", 1: "0-1", 2: "2-3", 3: "2-3"}, (0, 1, 2, 3), (0, 2, 1, 3)),
        ({0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"}, (0, 1, 2, 3), (0, 1, 2, 3)),
        ({0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"}, (0, 2, 3), (0, 3, 2)),
        ({}, (3, 5), (3, 5)),
    ],
)
def test_every_core_comes_before_any_second_hardware_thread(topology, siblings, cpus, order):
    assert placement(cpus, topology(siblings)).cpus == order


def test_cores_of_the_fastest_kind_come_first_and_threads_stay_on_them(topology):
    """Four efficient cores are numbered before two fast ones with two hardware threads each."""
    folder = topology({0: "0", 1: "1", 2: "2", 3: "3", 4: "4-5", 5: "4-5", 6: "6-7", 7: "6-7"})
    for cpu in range(8):
        (folder / f"cpu{cpu}" / "cpufreq").mkdir()
        speed = 3_800_000 if cpu < 4 else 5_200_000 if cpu < 6 else 5_000_000
        (folder / f"cpu{cpu}" / "cpufreq" / "cpuinfo_max_freq").write_text(f"{speed}\n")
    places = placement(tuple(range(8)), folder)
    assert places == Placement((4, 6, 0, 1, 2, 3, 5, 7), alike=2)
    assert [places.of(1, shift) for shift in range(3)] == [(4,), (6,), (4,)]
    assert [places.of(2, shift) for shift in range(2)] == [(4, 6), (6, 4)]
    assert set(places.of(6, 1)) == {6, 0, 1, 2, 3, 5}


def test_capacity_tells_kinds_of_cores_where_there_is_one(topology):
    folder = topology({0: "0", 1: "1"})
    for cpu, capacity in ((0, 446), (1, 1024)):
        (folder / f"cpu{cpu}" / "cpu_capacity").write_text(f"{capacity}\n")
    assert placement((0, 1), folder) == Placement((1, 0), alike=1)


def test_cores_of_one_kind_take_turns_round_about():
    places = Placement((0, 2, 1), 3)
    assert [places.of(2, shift) for shift in range(4)] == [(0, 2), (2, 1), (1, 0), (0, 2)]


@pytest.mark.parametrize(("alike", "ideal"), [(8, 8), (16, 16), (None, 16)])
def test_the_ideal_ends_with_the_cores_of_one_kind(alike, ideal):
    assert Host("3.13", "CPython", True, 0.005, "a CPU", 16, True, alike).ideal == ideal


@pytest.mark.parametrize(
    ("allowed", "cores", "counts"),
    [
        (12, 6, (1, 2, 4, 6, 8, 12)),
        (24, 12, (1, 2, 4, 8, 12, 16, 24)),
        (16, 8, (1, 2, 4, 8, 16)),
        (2, 1, (1, 2, 4)),
    ],
)
def test_as_many_threads_as_cores_are_measured_by_default(allowed, cores, counts):
    assert default_thread_counts(allowed, cores) == counts


def test_the_cores_of_this_machine_are_among_the_default_thread_counts(monkeypatch):
    module = sys.modules["antigil.scaling.experiment"]
    monkeypatch.setattr(module, "cpus_allowed", lambda: 20)
    monkeypatch.setattr(module, "cores_allowed", lambda: 10)
    assert default_thread_counts() == (1, 2, 4, 8, 10, 16, 20)
