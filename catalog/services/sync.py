"""What changed in a collection since somebody last asked, so that another system's copy can follow."""

import base64
import binascii
import heapq
from dataclasses import dataclass
from itertools import islice

from django.db.models import Q, QuerySet

from catalog.models import Collection, Image, Tombstone
from catalog.services.errors import ServiceError

__all__ = ["Changes", "CursorError", "changes_since"]

Rows = QuerySet[Image] | QuerySet[Tombstone]
IMAGE, TOMBSTONE = 0, 1  # the order in which rows of one change number come
MAX_CURSOR = 100  # characters; ours have at most 60
MAX_NUMBER = 2**63 - 1


class CursorError(ServiceError):
    """The cursor is none of ours."""

    code = "invalid"


@dataclass(frozen=True)
class Changes:
    """One page."""

    rows: list[Image | Tombstone]
    cursor: str
    """Where to go on, now or another day."""
    has_more: bool
    """Whether there is more already."""


def changes_since(
    collection: Collection, cursor: str = "", *, limit: int = 100, images: QuerySet[Image] | None = None
) -> Changes:
    """Images that changed and tombstones of those that went, in the order of the collection's clock.

    Whoever follows the cursors misses nothing: an image that changes again comes again, later; numbers become visible in their order
    (`catalog.services.clock`). Two queries, whatever the depth, and what `images` prefetches.

    Parameters
    ----------
    cursor
        Of an earlier page; "" begins with everything that there is.
    limit
        At most so many rows.
    images
        The images to choose from, with what the caller wants to read of them; all of the collection by default.

    Raises
    ------
    CursorError
    """
    since = _parse(cursor)
    chosen = Image.objects.all() if images is None else images
    found = heapq.merge(
        _rows_after(since, IMAGE, chosen.filter(collection=collection), limit + 1),
        _rows_after(since, TOMBSTONE, Tombstone.objects.filter(collection=collection), limit + 1),
        key=lambda pair: pair[0],
    )
    page = list(islice(found, limit + 1))
    rows = page[:limit]
    at = rows[-1][0] if rows else since
    return Changes([row for _place, row in rows], _write(at), has_more=len(page) > limit)


Place = tuple[int, int, int]
"""(change number, number of the kind, primary key)"""


def _rows_after(since: Place, kind: int, rows: Rows, limit: int) -> list[tuple[Place, Image | Tombstone]]:
    """The first rows of one kind that come after a place. The index on (collection, change_number, id) finds them."""
    number, kind_then, pk = since
    here = Q(change_number=number)
    if kind == kind_then:
        here &= Q(pk__gt=pk)
    elif kind < kind_then:
        here &= Q(pk__in=[])
    after = rows.filter(Q(change_number__gt=number) | here, change_number__gte=number)
    return [((row.change_number, kind, row.pk), row) for row in after.order_by("change_number", "pk")[:limit]]


def _write(place: Place) -> str:
    return base64.urlsafe_b64encode(":".join(map(str, place)).encode()).decode().rstrip("=")


def _parse(cursor: str) -> Place:
    if not cursor:
        return 0, 0, 0
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        number, kind, pk = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").split(":")
        place = int(number), int(kind), int(pk)
    except (binascii.Error, ValueError):
        place = -1, 0, 0
    if len(cursor) > MAX_CURSOR or not (
        0 <= place[0] <= MAX_NUMBER and place[1] in (IMAGE, TOMBSTONE) and 0 <= place[2] <= MAX_NUMBER
    ):
        raise CursorError(
            f"Expected a cursor that this list answered with, got {cursor[:40]!r}. Begin again without one."
        )
    return place
