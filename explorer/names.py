"""How addresses name things: by a slug that people can guess, or by a uuid that only a link gives away."""

import re
from typing import Any

from django.db.models import QuerySet

from catalog.permissions import User, Verb, permitted

# Only the usual spelling counts: thirty-two digits without dashes may well be a slug.
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_uuid(name: str) -> bool:
    """Whether a name is a uuid in its usual spelling."""
    return UUID.fullmatch(name) is not None


def find_named(user: User, rows: QuerySet[Any, Any], name: str) -> QuerySet[Any, Any]:
    """The row with that uuid or slug, if the person may see it; naming it by uuid counts as following a link."""
    by_link = is_uuid(name)
    return permitted(user, Verb.VIEW, rows.filter(**{"uuid" if by_link else "slug": name}), by_link=by_link)
