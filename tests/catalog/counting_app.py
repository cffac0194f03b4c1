"""An app with one kind of job: it makes a file for each of `n` things, and notes in a log whenever it makes one."""

import os
import time
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings


class CountingConfig(AppConfig):
    """Registers the job kind `count_slowly`."""

    name = "tests.catalog.counting_app"
    label = "counting_app"

    def ready(self) -> None:
        from catalog.services.jobs import JobKind, JobRun, register_job_kind

        def count_slowly(run: JobRun) -> dict[str, Any]:
            folder = Path(settings.GALAXY_DATA) / "counted"
            n = run.params["n"]
            for number in range(n):
                run.progress("Counting", number, n)
                if not (folder / str(number)).exists():
                    time.sleep(run.params["each_s"])
                    with (folder / "log").open("a") as log:
                        log.write(f"{number} {os.getpid()}\n")
                    (folder / str(number)).touch()
            return {"n": n}

        register_job_kind(JobKind("count_slowly", count_slowly, "Count slowly"))
