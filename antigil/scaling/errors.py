"""What can go wrong while measuring, apart from the workload's own exceptions."""


class MeasurementError(Exception):
    """A measurement could not be made; the message says why and what to do."""


class WorkloadTimeout(MeasurementError):  # noqa: N818 - named like the standard library's TimeoutError
    """The workload did not come to an end within the time limit."""


class RemoteTraceback(Exception):  # noqa: N818 - a carrier of text, not an error of its own
    """The traceback of a workload's exception, as text from the process that raised it."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"
