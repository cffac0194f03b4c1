"""Jobs of the search index."""

from typing import Any

from catalog.services.jobs import JobKind, JobRun
from catalog.services.search_words import INDEX_COLLECTION, index_collection
from catalog.tasks.subjects import collection_of


def run_index(run: JobRun) -> dict[str, Any]:
    """Write words and facts of the job's collection anew."""
    return {"n_images": index_collection(collection_of(run), progress=run.progress)}


KINDS: tuple[JobKind, ...] = (JobKind(INDEX_COLLECTION, run_index, "Index words and facts"),)
