"""Where threads are placed on any machine: made-up trees of /sys with many CPUs, cores of kinds, and gaps."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antigil.scaling.host import ALIKE, placement

SPEEDS = [1_800_000, 3_600_000, 3_800_000, 4_000_000]


@st.composite
def machines(draw):
    """Return the hardware threads of each core, the speed of each core, and the CPUs allowed."""
    sizes = draw(st.lists(st.sampled_from([1, 2, 4]), min_size=1, max_size=24))
    numbers = draw(st.permutations(range(sum(sizes))))
    cores = [tuple(sorted(numbers[sum(sizes[:i]) : sum(sizes[: i + 1])])) for i in range(len(sizes))]
    speeds = draw(st.lists(st.sampled_from(SPEEDS), min_size=len(cores), max_size=len(cores)))
    allowed = draw(st.sets(st.sampled_from(numbers), min_size=1))
    return cores, speeds, tuple(sorted(allowed))


def write(folder, cores, speeds):
    """Write what a kernel tells of such a machine."""
    for core, speed in zip(cores, speeds, strict=True):
        for cpu in core:
            of_cpu = folder / f"cpu{cpu}"
            for name, text in {
                "topology/thread_siblings_list": ",".join(map(str, core)),
                "cpufreq/cpuinfo_max_freq": speed,
            }.items():
                (of_cpu / name).parent.mkdir(parents=True)
                (of_cpu / name).write_text(f"{text}\n")


@settings(
    max_examples=30, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(machines())
def test_threads_have_cores_of_their_own_and_of_one_kind_as_long_as_there_are_any(machine):
    cores, speeds, allowed = machine
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), cores, speeds)
        places = placement(allowed, Path(folder))
    core_of = {cpu: i for i, core in enumerate(cores) for cpu in core}
    used = len({core_of[cpu] for cpu in allowed})
    fastest = max(speeds[core_of[cpu]] for cpu in allowed)

    assert sorted(places.cpus) == list(allowed)
    assert len({core_of[cpu] for cpu in places.cpus[:used]}) == used
    assert all(speeds[core_of[cpu]] >= ALIKE * fastest for cpu in places.cpus[: places.alike])
    assert all(speeds[core_of[cpu]] < ALIKE * fastest for cpu in places.cpus[places.alike : used])
    for n in (1, places.alike, used, len(allowed)):
        for shift in range(3):
            assert len(set(places.of(n, shift))) == n


def test_two_sockets_of_64_cores_with_two_threads_each_and_a_mask_with_gaps(tmp_path):
    """As Linux numbers them: the second hardware threads come after all the first ones."""
    cores = [(core, core + 128) for core in range(128)]
    write(tmp_path, cores, [3_000_000] * 128)
    allowed = (*range(0, 128, 2), *range(128, 256, 4))
    places = placement(allowed, tmp_path)
    assert places.alike == 64
    assert places.of(64, 0) == tuple(range(0, 128, 2))
    assert {cpu - 128 for cpu in places.cpus[64:]} < set(places.cpus[:64])
