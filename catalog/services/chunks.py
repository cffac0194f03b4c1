"""A stream in pieces, so that memory and transactions stay small."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

__all__ = ["IMAGES_PER_QUERY", "in_chunks"]

# For `image_id IN (...)`: SQLite takes 999 parameters in its oldest form, and the answer (some 7,000 labels) is small.
IMAGES_PER_QUERY = 900

T = TypeVar("T")


def in_chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in order, in lists of `size`; the last may be shorter. (itertools.batched needs Python 3.12.)"""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
