"""`benchmark api`: how fast the API answers, against bare SQL in the same run."""

from typing import Any


def add_api_part(parts: Any) -> None:
    """Add the subcommand to those of `benchmark`."""
