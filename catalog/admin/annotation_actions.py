"""What starts an annotator from the admin, and what a person agrees to before it costs money."""

from typing import Any

from catalog.admin.job_actions import JobAction
from catalog.models import Collection
from catalog.services.annotation_estimate import estimate_annotation
from catalog.services.errors import ServiceError

__all__ = ["ANNOTATE", "ANNOTATE_OF_IMAGES", "ASK_AGAIN"]


def confirm_annotation(collection: Collection) -> tuple[str, dict[str, Any]] | None:
    """What annotating the collection costs, and the cap that agreeing to it sets; None if it costs nothing."""
    return _confirm(collection, unknown=False)


def confirm_asking_again(collection: Collection) -> tuple[str, dict[str, Any]] | None:
    """The same, with the questions whose answers were lost."""
    return _confirm(collection, unknown=True)


def _confirm(collection: Collection, *, unknown: bool) -> tuple[str, dict[str, Any]] | None:
    try:
        estimate = estimate_annotation(collection, unknown=unknown)
    except ServiceError:
        return None  # the job says what is wrong
    if not estimate.currency:
        return None
    text = estimate.describe()
    if unknown:
        text += "\nLost answers were perhaps paid already; those questions are asked, and perhaps paid, once more."
    return text, {"max_units": estimate.n_units}


ANNOTATE = JobAction(kind="annotate_images", label="Annotate", confirm=confirm_annotation)
ANNOTATE_OF_IMAGES = JobAction(
    kind="annotate_images",
    label="Annotate the collections of selected images",
    on_page=False,
    confirm=confirm_annotation,
)
ASK_AGAIN = JobAction(
    kind="annotate_images",
    name="ask_again",
    label="Ask again where an answer was lost (may be paid twice)",
    params={"unknown": True},
    on_page=False,
    confirm=confirm_asking_again,
)
