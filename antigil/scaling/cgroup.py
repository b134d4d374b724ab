"""The quota of CPU time that a control group of Linux, such as a container's, leaves this process."""

from __future__ import annotations

from pathlib import Path

CGROUP_ROOT = Path("/sys/fs/cgroup")
CGROUP_MEMBERSHIP = Path("/proc/self/cgroup")


def cgroup_quota(root: Path = CGROUP_ROOT, membership: Path = CGROUP_MEMBERSHIP) -> float | None:
    """Return the CPU quota of this process in CPUs, or None where it has none.

    The tightest quota on the way from the process's own control group to the root counts.

    Parameters
    ----------
    root
        Mount point of the cgroup file system.
    membership
        The file that names this process's control groups.

    References
    ----------
    Linux kernel documentation, "Control Group v2" (cpu.max) and "CFS Bandwidth Control"
    (cpu.cfs_quota_us, cpu.cfs_period_us).
    """
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return None
    quotas = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            top, read = root, _quota_v2
        elif "cpu" in controllers.split(","):
            # Where one mount serves several controllers, its folder may name them in another order.
            top, read = root / (controllers if (root / controllers).is_dir() else "cpu"), _quota_v1
        else:
            continue
        group = top / path.lstrip("/")
        for directory in (group, *group.parents):
            quotas.append(read(directory))
            if directory == top:
                break
    return min((quota for quota in quotas if quota is not None), default=None)


def _quota_v2(directory: Path) -> float | None:
    try:
        quota, period = (directory / "cpu.max").read_text().split()
    except (OSError, ValueError):
        return None  # the root group and groups without the cpu controller have no such file
    return None if quota == "max" else int(quota) / int(period)


def _quota_v1(directory: Path) -> float | None:
    try:
        quota = int((directory / "cpu.cfs_quota_us").read_text())
        period = int((directory / "cpu.cfs_period_us").read_text())
    except (OSError, ValueError):
        return None
    return quota / period if quota > 0 else None
