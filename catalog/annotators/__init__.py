"""Picture in, Vision-shaped answers out: one protocol, several implementations, found by name.

Pure: knows no Django, no database and no settings.
"""

from catalog.annotators.base import (
    AnnotateOptions,
    Annotator,
    Answer,
    AnswerError,
    Failure,
    PictureFile,
    PictureToAnnotate,
    SubmitError,
    Ticket,
    UnknownAnnotatorError,
    UnknownTicketError,
    features_of,
)
from catalog.annotators.features import Feature
from catalog.annotators.prices import PriceTable, Tier, load_prices
from catalog.annotators.registry import annotator_names, get_annotator, register_annotator
from catalog.annotators.translations import LANGUAGES, translate

__all__ = [
    "LANGUAGES",
    "AnnotateOptions",
    "Annotator",
    "Answer",
    "AnswerError",
    "Failure",
    "Feature",
    "PictureFile",
    "PictureToAnnotate",
    "PriceTable",
    "SubmitError",
    "Ticket",
    "Tier",
    "UnknownAnnotatorError",
    "UnknownTicketError",
    "annotator_names",
    "features_of",
    "get_annotator",
    "load_prices",
    "register_annotator",
    "translate",
]
