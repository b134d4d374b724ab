"""What a commit was measured on, kept with its results."""

from . import instrument


class Surroundings:
    """The interpreter's build, and the CPUs that it may use."""

    version = instrument.INSTRUMENT_VERSION

    def track_gil_enabled(self):
        """1 where the GIL is enabled, 0 on a free-threaded build without it."""
        return int(instrument.gil_enabled())

    def track_cpus_allowed(self):
        """CPUs that the process may keep busy: affinity mask, cut by the cgroup's quota."""
        return instrument.cpus_allowed()


Surroundings.track_gil_enabled.antigil_quantity = "gil_enabled"
Surroundings.track_cpus_allowed.antigil_quantity = "cpus_allowed"
