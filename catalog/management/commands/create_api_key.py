"""Make an API key for a person."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.services.api_keys import create_api_key


class Command(BaseCommand):
    """A thin shell around `create_api_key`."""

    help = "Make an API key for a person, and print it: this once, for only its hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and what for."""
        parser.add_argument("username", help="Whose key it is; it may do what this person may.")
        parser.add_argument("name", help="What will use it.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it."""
        owner = User.objects.filter(username=options["username"]).first()
        if owner is None:
            raise CommandError(f"Expected the name of a person who can log in, got {options['username']!r}.")
        _, text = create_api_key(owner, name=options["name"])
        self.stdout.write(text)
