"""Everything from nothing to a page in the browser: what `make run` calls."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from catalog.management.base import mendable_errors
from catalog.management.processes import stop_requested
from catalog.models import Galaxy
from explorer.management.installation import (
    Stamps,
    collect_static_files,
    make_admin,
    migrate_database,
    source_fingerprint,
)
from explorer.management.libraries import Library, own_library, raise_library, sample_libraries
from explorer.management.steps import Steps
from explorer.management.web import HOST, require_free_port, serve


class Command(BaseCommand):
    """Run again, it does only what is missing. Ctrl-C stops everything that it started."""

    help = (
        "Set Galaxy up on this machine, show the sample library or a folder of pictures, and serve it on loopback. "
        "Only the collections that it makes itself are public."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose pictures, and where to serve them."""
        parser.add_argument("--photos", type=Path, metavar="FOLDER", help="Your own pictures instead of the sample.")
        parser.add_argument(
            "--port", type=_port, default=8000, help="Port on 127.0.0.1 to serve at. (default: %(default)s)"
        )
        # For tests: a sample of a few pictures.
        parser.add_argument("--sample-limit", type=int, default=None, help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Check what can be checked at once, then work, then serve."""
        port = options["port"]
        require_free_port(port)
        steps, stamps = Steps(self.stdout), Stamps()
        with mendable_errors():
            libraries = self._libraries(options)
            migrate_database(steps)
            collect_static_files(steps, stamps)
            galaxies = [raise_library(library, steps, stamps) for library in libraries]
        with stop_requested() as stop:
            serve(port, stop, on_answer=lambda: self._print_addresses(port, galaxies))
        self.stdout.write("Stopped.")

    def _libraries(self, options: dict[str, Any]) -> list[Library]:
        if options["photos"] is not None:
            return [own_library(options["photos"])]
        return sample_libraries(source_fingerprint(), limit=options["sample_limit"])

    def _print_addresses(self, port: int, galaxies: list[Galaxy]) -> None:
        site = f"http://{HOST}:{port}"
        lines = ["", f"Galaxy is open at {site}/"]
        lines += [f"  {galaxy.title}: {site}/galaxy/{galaxy.slug}/" for galaxy in galaxies]
        lines.append(f"  Admin: {site}/admin/")
        # Made only now: a password that was shown before an hour's work would be out of sight, one lost to Ctrl-C for ever.
        if made := make_admin():
            name, password = made
            lines.append(f"  Log in as {name} with the password {password} (shown this once)")
        else:
            lines.append("  Forgotten the password? .venv/bin/python manage.py changepassword admin")
        self.stdout.write("\n".join([*lines, "Ctrl-C stops it."]))
        self.stdout.flush()


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to 65535, got {text!r}")
    return int(text)
