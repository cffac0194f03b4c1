"""A library to throw away: a program of Django's in a process whose database and storages lie in a folder that goes afterwards."""

import os
import subprocess
import sys
import tempfile

from django.core.management import CommandError

__all__ = ["run_in_throwaway_library"]

ELSEWHERE = ("DATABASE_URL", "MEDIA_ROOT", "GALAXIES_ROOT", "GS_MEDIA_BUCKET", "GS_GALAXIES_BUCKET")


def run_in_throwaway_library(*arguments: str, database: str = "") -> str:
    """Run a management command in a new, empty library, and give back what it wrote: on SQLite, or in the database at this address.

    What it says about its progress goes to this process's standard error. Raises CommandError when it failed.
    """
    with tempfile.TemporaryDirectory(prefix="galaxy-throwaway-") as folder:
        environment = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
        environment |= {"GALAXY_DATA": folder, "DJANGO_SETTINGS_MODULE": "galaxy_site.settings"}
        environment |= {"DATABASE_URL": database} if database else {}
        for command in (["migrate", "--verbosity", "0"], list(arguments)):
            ran = subprocess.run(  # noqa: S603 our own interpreter and arguments, no shell
                [sys.executable, "-m", "django", *command],
                env=environment,
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            )
            if ran.returncode != 0:
                raise CommandError(f"{' '.join(command)} ended with {ran.returncode} in a library to throw away.")
    return ran.stdout
