"""Picture in, Vision-shaped answers out: one protocol, several implementations, found by name.

Pure: knows no Django, no database and no settings.
"""

from catalog.annotators.base import (
    Annotator,
    Answer,
    Feature,
    PictureToAnnotate,
    Ticket,
    UnknownAnnotatorError,
    UnknownTicketError,
)
from catalog.annotators.registry import annotator_names, get_annotator

__all__ = [
    "Annotator",
    "Answer",
    "Feature",
    "PictureToAnnotate",
    "Ticket",
    "UnknownAnnotatorError",
    "UnknownTicketError",
    "annotator_names",
    "get_annotator",
]
