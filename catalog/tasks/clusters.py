"""Jobs about clusters and galaxies."""

from typing import Any

from catalog.services.compare import dry_run
from catalog.services.jobs import JobKind, JobRun
from catalog.tasks.subjects import galaxy_of


def run_dry_run(run: JobRun) -> dict[str, Any]:
    """Say what building the job's galaxy would do."""
    return dry_run(galaxy_of(run), progress=run.progress).as_json()


KINDS: tuple[JobKind, ...] = (JobKind("dry_run_galaxy", run_dry_run, "What a build would change", queue="short"),)
