"""Annotators by name. A new one is one file and one line here; what it has to know of the installation is handed over at start-up."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Lock

from catalog.annotators.base import Annotator, UnknownAnnotatorError


def _make_local() -> Annotator:
    # Imported on first use: onnx and onnxruntime take a quarter of a second, which a web process need not spend.
    from catalog.annotators.local import LocalAnnotator

    return LocalAnnotator()


_FACTORIES: dict[str, Callable[[], Annotator]] = {"local": _make_local}
_annotators: dict[str, Annotator] = {}
_lock = Lock()


def annotator_names() -> list[str]:
    """The names that `get_annotator` knows, sorted."""
    return sorted(_FACTORIES)


def get_annotator(name: str) -> Annotator:
    """Get the annotator of this name: made on first use, the same one from then on.

    Raises
    ------
    UnknownAnnotatorError
        No annotator has this name; the message lists those that exist.
    """
    if name not in _FACTORIES:
        raise UnknownAnnotatorError(
            f"Expected an annotator among {', '.join(annotator_names())}, but got {name!r}. Check the collection's settings."
        )
    with _lock:
        if name not in _annotators:
            _annotators[name] = _FACTORIES[name]()
        return _annotators[name]


def register_annotator(name: str, factory: Callable[[], Annotator]) -> None:
    """Add an annotator that needs settings, or replace one; it is made on first use."""
    with _lock:
        _FACTORIES[name] = factory
        _annotators.pop(name, None)


# A forked child inherits the objects but not their threads: it must make its own.
os.register_at_fork(after_in_child=_annotators.clear)
