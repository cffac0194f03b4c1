"""What a form asks before published pictures become everybody's to see."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError

from catalog.models import Galaxy
from catalog.services.safe_search import SafeSearchError, require_safe_search_to_open

__all__ = ["check_opening"]


def check_opening(galaxies: Iterable[Galaxy]) -> None:
    """Raise ValidationError where everybody would see published pictures at which safe search has not looked."""
    try:
        require_safe_search_to_open(galaxies)
    except SafeSearchError as error:
        raise ValidationError(str(error)) from error
