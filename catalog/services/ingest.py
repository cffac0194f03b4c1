"""Taking pictures in: candidates -> images with revisions, occurrences and renditions, or refusals with a reason."""

import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from django.conf import settings
from django.db import IntegrityError

from catalog.importers import Candidate, CandidateError, Refused, SourceError
from catalog.media import ErrorCode, PictureError, verify_picture
from catalog.models import Collection, Occurrence, Refusal
from catalog.services.apply_taught import start_if_taught
from catalog.services.chunks import in_chunks
from catalog.services.ingest_rows import (
    Arrival,
    BatchOutcome,
    Outcome,
    Report,
    ignore_outcomes,
    save_arrivals,
    save_refusals,
)
from catalog.services.progress import Progress, ignore_progress

__all__ = ["ImportResult", "import_images"]

BATCH = 32  # pictures decoded, and then saved in one short transaction
KEPT_BATCH = (
    4  # where originals are kept, which lie in memory until they are written: two batches of a gigabyte each are eight
)
KEPT_REFUSALS = 20_000  # rows of an import; a table of a million lines that fit nothing would fill the database, and nobody reads them
LISTED_REFUSALS = 100  # a result names this many; all of them are rows of Refusal


@dataclass
class ImportResult:
    """What became of everything that was offered."""

    n_seen: int = 0
    n_added: int = 0
    n_unchanged: int = 0
    n_revised: int = 0
    n_duplicates: int = 0
    n_refused: int = 0
    refused: list[dict[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """For a command's last line and a job's result."""
        return dict(vars(self))

    def add_refusal(self, refused: Refused) -> None:
        """Count a refusal, and name it while the list is short."""
        self.n_refused += 1
        if len(self.refused) < LISTED_REFUSALS:
            self.refused.append({"location": refused.location, "code": refused.code, "message": refused.message})


def import_images(
    collection: Collection,
    candidates: Iterable[Candidate | Refused],
    *,
    source: str,
    n_total: int = 0,
    keep_originals: bool = False,
    ids_decide: bool = False,
    report: Report = ignore_outcomes,
    progress: Progress = ignore_progress,
) -> ImportResult:
    """Take everything that the candidates offer into the collection; what cannot be taken is refused, the rest goes on.

    Streams: at most two batches of `BATCH` pictures are in memory, one being saved while the next is read. May be stopped
    (by the progress) or killed between any two batches and run again: what has the same location and fingerprint as before
    is not read again, and the same bytes are one image. What the collection was taught then speaks of what came.

    Parameters
    ----------
    source
        Names where the candidates come from; a location is unique within it.
    n_total
        How many candidates there are, for the progress; 0 if nobody knows.
    keep_originals
        Whether to copy the original bytes into media storage, or only remember where they are.
    ids_decide
        Whether a known external id names the image even where other bytes come under it from elsewhere: its new revision.
    report
        Is told what became of each candidate.
    """
    result = ImportResult()
    saving = _Saving(collection, source, ids_decide, report, result)
    n_threads = min(8, os.cpu_count() or 1)
    with ThreadPoolExecutor(n_threads, thread_name_prefix="decode") as pool:
        waiting: _Reading | None = None
        try:
            for batch in in_chunks(candidates, KEPT_BATCH if keep_originals else BATCH):
                progress("Importing", result.n_seen, n_total)
                reading = _begin_reading(collection, batch, source, keep_originals, pool)
                if waiting is not None:
                    saving.save(waiting)
                waiting = reading
        except SourceError:  # it broke off: what came before is kept
            if waiting is not None:
                saving.save(waiting)
            start_if_taught(collection)
            raise
        if waiting is not None:
            progress("Importing", result.n_seen, n_total)
            saving.save(waiting)
    start_if_taught(collection)
    progress("Importing", result.n_seen, n_total)
    return result


@dataclass
class _Reading:
    """A batch whose new pictures are being read in threads."""

    n_seen: int
    unchanged: dict[str, Outcome] = field(default_factory=dict)
    refused: list[tuple[Refused, str]] = field(default_factory=list)
    reads: list[tuple[Candidate, Future[Arrival | Refused]]] = field(default_factory=list)


def _begin_reading(
    collection: Collection,
    batch: list[Candidate | Refused],
    source: str,
    keep_originals: bool,
    pool: ThreadPoolExecutor,
) -> _Reading:
    """Sort out what is known already, and send the rest to be read."""
    reading = _Reading(n_seen=len(batch))
    locations = [item.location for item in batch]
    occurrences = {
        row.location: row
        for row in Occurrence.objects.filter(collection=collection, source=source, location__in=locations)
    }
    refusals = {
        row.location: row
        for row in Refusal.objects.filter(collection=collection, source=source, location__in=locations)
    }
    for item in batch:
        if isinstance(item, Refused):
            reading.refused.append((item, ""))
            continue
        known, earlier = occurrences.get(item.location), refusals.get(item.location)
        if earlier and earlier.fingerprint and earlier.fingerprint == _refusal_fingerprint(item):
            reading.refused.append((Refused(item.location, earlier.code, earlier.message), earlier.fingerprint))
        elif known and item.fingerprint and known.fingerprint == item.fingerprint:
            reading.unchanged[item.location] = Outcome("unchanged", known.image_id)
        else:
            reading.reads.append((item, pool.submit(_read, item, keep_originals)))
    return reading


@dataclass(frozen=True)
class _Saving:
    """Saves what was read, and counts and tells what became of it."""

    collection: Collection
    source: str
    ids_decide: bool
    report: Report
    result: ImportResult

    def save(self, reading: _Reading) -> None:
        """Wait for a batch, and save it."""
        refused = reading.refused
        arrivals: list[Arrival] = []
        for candidate, future in reading.reads:
            read = future.result()
            if isinstance(read, Arrival):
                arrivals.append(read)
            else:
                # What is wrong with the bytes stays wrong; what kept us from reading them (rights, a mount) is tried again.
                about_the_bytes = read.code in set(ErrorCode)
                refused.append((read, _refusal_fingerprint(candidate) if about_the_bytes else ""))

        result = self.result
        # Those beyond are counted, and looked at again next time.
        room = max(0, KEPT_REFUSALS - result.n_refused)
        save_refusals(self.collection, self.source, refused[:room])
        outcome = self._save_arrivals(arrivals)
        save_refusals(self.collection, self.source, [(item, "") for item in outcome.refused])
        result.n_added += outcome.n_added
        result.n_revised += outcome.n_revised
        result.n_duplicates += outcome.n_duplicates
        result.n_unchanged += len(reading.unchanged) + outcome.n_unchanged
        result.n_seen += reading.n_seen
        all_refused = [*(item for item, _fingerprint in refused), *outcome.refused]
        for item in all_refused:
            result.add_refusal(item)
        told = {item.location: Outcome("refused", code=item.code, message=item.message) for item in all_refused}
        self.report({**reading.unchanged, **told})

    def _save_arrivals(self, arrivals: list[Arrival]) -> BatchOutcome:
        """Save a batch; if another import saved some of it meanwhile, look again, once."""
        try:
            return self._save_once(arrivals)
        except IntegrityError:
            return self._save_once(arrivals)

    def _save_once(self, arrivals: list[Arrival]) -> BatchOutcome:
        return save_arrivals(self.collection, self.source, arrivals, ids_decide=self.ids_decide, report=self.report)


def _refusal_fingerprint(candidate: Candidate) -> str:
    """A refusal holds for these bytes under these limits; a raised limit gives the file another chance."""
    if not candidate.fingerprint:
        return ""
    return f"{candidate.fingerprint}|{settings.GALAXY_MAX_MEGAPIXELS}|{settings.GALAXY_MAX_FILE_MB}"


def _read(candidate: Candidate, keep_originals: bool) -> Arrival | Refused:
    """Read and verify one candidate; runs in a thread, touches no database."""
    try:
        data = candidate.read()
        picture = verify_picture(
            data, max_megapixels=settings.GALAXY_MAX_MEGAPIXELS, max_bytes=settings.GALAXY_MAX_FILE_MB * 1024**2
        )
    except (PictureError, CandidateError) as error:
        return Refused(candidate.location, error.code, error.message)
    return Arrival(candidate=candidate, picture=picture, original=data if keep_originals else None)
