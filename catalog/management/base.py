"""What the pipeline's commands have in common: their options, a progress bar, how they report, and how they fail."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError

from catalog.management.progress import ProgressBar
from catalog.models import Galaxy
from catalog.services.collections import find_collection, find_galaxy
from catalog.services.errors import ServiceError
from catalog.services.progress import Progress

__all__ = ["CollectionCommand", "Result", "add_galaxy_argument", "add_strict_argument", "galaxy_of", "mendable_errors"]


class Result(Protocol):
    """What a service answers."""

    def as_json(self) -> dict[str, object]:
        """Small, JSON."""


class CollectionCommand(BaseCommand):
    """A deed for one collection. Exit status 0 when it came to its end, 1 when it could not, 130 when it was interrupted.

    A subclass has `help`, may add arguments, calls one service in `run`, and says in `describe` what became of it.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        """`--collection` and `--json`."""
        parser.add_argument("--collection", required=True, metavar="SLUG", help="The collection's short name.")
        parser.add_argument(
            "--json", action="store_true", help="Report nothing but one line of JSON, for a program to read."
        )

    def run(self, progress: Progress, options: dict[str, Any]) -> Result:
        """Call the service."""
        raise NotImplementedError

    def describe(self, result: dict[str, Any]) -> str:
        """What became of it, in a line or a few."""
        raise NotImplementedError

    def failures(self, result: dict[str, Any]) -> int:
        """How many items failed: with `--strict` (where a command has it), any makes the command fail."""
        return 0

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, report, and fail for reasons that the message tells how to mend."""
        with mendable_errors(), ProgressBar() as progress:
            result = self.run(progress, options).as_json()
        self.stdout.write(json.dumps(result, ensure_ascii=False) if options["json"] else self.describe(result))
        n_failed = self.failures(result)
        if n_failed and options.get("strict"):
            raise CommandError(f"{n_failed} failed, and --strict was given.")


def add_strict_argument(parser: ArgumentParser, what: str) -> None:
    """`--strict`: `what` makes the command fail."""
    parser.add_argument("--strict", action="store_true", help=f"Exit with status 1 if {what}; the rest is done anyway.")


def add_galaxy_argument(parser: ArgumentParser) -> None:
    """`--galaxy`."""
    parser.add_argument(
        "--galaxy",
        default="",
        metavar="SLUG",
        help="Which galaxy of the collection, if it has several. Without one, it is made, named like the collection.",
    )


def galaxy_of(options: dict[str, Any]) -> Galaxy:
    """The galaxy that `--collection` and `--galaxy` name."""
    return find_galaxy(find_collection(options["collection"]), options["galaxy"])


@contextmanager
def mendable_errors() -> Iterator[None]:
    """Let a failure that a person can mend end the command with its message instead of a traceback."""
    try:
        yield
    except ServiceError as error:
        raise CommandError(str(error)) from error
    except (OperationalError, ProgrammingError) as error:
        raise CommandError(f"The database could not be used: {error}. If it is new, run manage.py migrate.") from error
    except KeyboardInterrupt as error:
        raise CommandError("Interrupted. What was done is kept; run it again to go on.", returncode=130) from error
