"""How much memory this process may still take, read from where Linux says so."""

from pathlib import Path

__all__ = ["available_memory", "used_memory"]

ROOT = Path("/")
PAGE_BYTES = 4096
_UNLIMITED = 1 << 60  # cgroup v1 writes "no limit" as a number near 2^63


def available_memory(root: Path = ROOT) -> int | None:
    """Return how many bytes can still be taken before something is killed; None where the system does not say.

    The smallest of what the machine has (`MemAvailable`) and what each control group around this process leaves: a container's
    limit is one. The page cache that a group can give back (`inactive_file`) counts as free, as the kernel counts it.

    Parameters
    ----------
    root
        Where `proc` and `sys` lie; another folder in tests.
    """
    found = [_machine(root), *_groups(root)]
    known = [n_bytes for n_bytes in found if n_bytes is not None]
    return max(0, min(known)) if known else None


def used_memory(root: Path = ROOT) -> int:
    """Return the resident bytes of this process; 0 where the system does not say."""
    fields = _read(root / "proc/self/statm").split()
    return int(fields[1]) * PAGE_BYTES if len(fields) > 1 else 0


def _machine(root: Path) -> int | None:
    for line in _read(root / "proc/meminfo").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    return None


def _groups(root: Path) -> list[int | None]:
    """What the control groups of this process leave: version 2 from its own up to the root, or version 1."""
    own = {
        parts[1]: parts[2] for line in _read(root / "proc/self/cgroup").splitlines() if (parts := line.split(":", 2))
    }
    mounted = root / "sys/fs/cgroup"
    folder = mounted / own.get("", "/").lstrip("/")
    version_2 = [group for group in (folder, *folder.parents) if group.is_relative_to(mounted)]
    return [
        *(_left(group, "memory.max", "memory.current", "inactive_file") for group in version_2),
        _left(mounted / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ]


def _left(group: Path, limit_file: str, usage_file: str, cache: str) -> int | None:
    limit, usage = _read(group / limit_file).strip(), _read(group / usage_file).strip()
    if not (limit.isdigit() and usage.isdigit()) or int(limit) >= _UNLIMITED:
        return None  # no such group, or "max"
    statistics = dict(line.split(" ", 1) for line in _read(group / "memory.stat").splitlines() if " " in line)
    return int(limit) - int(usage) + int(statistics.get(cache, 0))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # not Linux, or hidden from this process
        return ""
