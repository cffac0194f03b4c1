"""Make an API key for a person."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.management.base import mendable_errors
from catalog.models import Scope
from catalog.services.api_keys import create_api_key
from catalog.services.collections import find_collection


class Command(BaseCommand):
    """A thin shell around `create_api_key`."""

    help = "Make an API key for a person, and print it: this once, for only its hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and what for."""
        parser.add_argument("username", help="Whose key it is; it may do what this person may.")
        parser.add_argument("name", help="What will use it.")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help="What it opens; may be given several times. (default: annotate, for /v1/images:annotate)",
        )
        parser.add_argument("--collection", metavar="NAME", help="The only collection that it opens.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it."""
        owner = User.objects.filter(username=options["username"]).first()
        if owner is None:
            raise CommandError(f"Expected the name of a person who can log in, got {options['username']!r}.")
        with mendable_errors():
            collection = find_collection(options["collection"]) if options["collection"] else None
            scopes = options["scope"] or [Scope.ANNOTATE]
            _, text = create_api_key(owner, name=options["name"], scopes=scopes, collection=collection)
        self.stdout.write(text)
