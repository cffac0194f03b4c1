"""What images are found and counted by beside their labels: words of titles, creators and the text in them; faces; characters."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from catalog.annotators.facts import read_facts
from catalog.models import Collection, Image, Job, JobStatus, SearchPosting, SearchWord
from catalog.services.chunks import in_chunks
from catalog.services.clock import mark_images, next_change_number
from catalog.services.documents import assemble_documents
from catalog.services.jobs import start_job
from catalog.services.progress import Progress, ignore_progress
from catalog.words import split_words

__all__ = ["INDEX_COLLECTION", "INDEX_VERSION", "index_collection", "index_words", "start_indexing", "write_facts"]

INDEX_COLLECTION = "index_collection"
INDEX_VERSION = 1
"""Raised when words or facts are read otherwise: collections with a lower one are indexed anew."""

TRY_AGAIN_AFTER = timedelta(hours=1)
CHUNK = 500
MAX_WORDS = 500
"""So many different words of one field of an image: a page of print has some 400."""

Field = SearchPosting.Field
Wanted = Mapping[int, set[tuple[str, str]]]


def index_words(image_ids: Sequence[int], fields: Iterable[str] = (Field.TITLE, Field.AUTHOR)) -> None:
    """Bring the words of titles and authors up to date; call it in the transaction that wrote them.

    The text in pictures comes by `write_facts`, as what annotators find does.
    """
    columns = {
        name: column for name, column in ((Field.TITLE, "title"), (Field.AUTHOR, "creator")) if name in set(fields)
    }
    for chunk in in_chunks(image_ids, CHUNK):
        wanted: dict[int, dict[int, set[tuple[str, str]]]] = {}
        rows = Image.objects.filter(pk__in=chunk).values_list("pk", "collection", *columns.values())
        for image_id, collection_id, *texts in rows:
            words = {(word, str(field)) for field, text in zip(columns, texts, strict=True) for word in _words_of(text)}
            wanted.setdefault(collection_id, {})[image_id] = words
        for collection_id, by_image in wanted.items():
            _save_postings(collection_id, by_image, list(columns))


def write_facts(collection: Collection, images: Sequence[Image]) -> list[int]:
    """Write how many faces and characters the annotator found, and the words of the text; returns the ids of images that changed.

    Call it in a transaction that has taken the collection's change number. Load `current_revision` with the images, which are of this
    collection.
    """
    for image in images:
        image.collection = collection
    documents = assemble_documents(images)
    changed: list[Image] = []
    wanted: dict[int, set[tuple[str, str]]] = {}
    for image in images:
        # Boxes are of no interest here, so that any size will do.
        facts = read_facts(documents.get(image.pk, {}), 1, 1)
        text = facts["text"]["text"] if "text" in facts else None
        n_faces = min(len(facts["faces"]), 32_767) if "faces" in facts else None
        n_characters = None if text is None else len("".join(text.split()))
        wanted[image.pk] = {(word, str(Field.TEXT)) for word in _words_of(text or "")}
        if (image.n_faces, image.n_characters) != (n_faces, n_characters):
            image.n_faces, image.n_characters = n_faces, n_characters
            changed.append(image)
    Image.objects.bulk_update(changed, ["n_faces", "n_characters"], batch_size=CHUNK)
    _save_postings(collection.pk, wanted, [Field.TEXT])
    return [image.pk for image in changed]


def index_collection(collection: Collection, *, progress: Progress = ignore_progress) -> int:
    """Write words and facts of every image of a collection anew, and that it is done; returns how many images there are."""
    ids = list(Image.objects.filter(collection=collection).order_by("pk").values_list("pk", flat=True))
    for number, chunk in enumerate(in_chunks(ids, CHUNK)):
        progress("Words", number * CHUNK, len(ids))
        with transaction.atomic():
            change = next_change_number(collection.pk)
            images = Image.objects.filter(pk__in=chunk).select_related("current_revision")
            mark_images(collection.pk, write_facts(collection, list(images)), change)
            index_words(chunk)
    progress("Words", len(ids), len(ids))
    with transaction.atomic():
        next_change_number(collection.pk)
        SearchWord.objects.filter(collection=collection, postings__isnull=True).delete()
    Collection.objects.filter(pk=collection.pk).update(index_version=INDEX_VERSION)
    return len(ids)


def start_indexing() -> list[Job]:
    """Start a job for every collection whose index is older than this program; not where one waits, runs, or failed within the hour."""
    old = Collection.objects.filter(index_version__lt=INDEX_VERSION)
    # What comes into an empty collection from now on is indexed as it comes.
    old.filter(~Exists(Image.objects.filter(collection=OuterRef("pk")))).update(index_version=INDEX_VERSION)
    under_way = Q(status__in=[JobStatus.QUEUED, JobStatus.RUNNING])
    failed = Q(status=JobStatus.FAILED, created_at__gt=timezone.now() - TRY_AGAIN_AFTER)
    busy = Job.objects.filter(under_way | failed, kind=INDEX_COLLECTION)
    return [
        start_job(INDEX_COLLECTION, {}, by=None, collection=collection)
        for collection in old.exclude(pk__in=busy.values("collection"))
    ]


def _words_of(text: str) -> set[str]:
    """At most five hundred different words, the first ones."""
    return set(islice(dict.fromkeys(split_words(text)), MAX_WORDS))


def _save_postings(collection_id: int, wanted: Wanted, fields: Sequence[str]) -> None:
    """Make the postings of these images and fields what is wanted: at most five hundred images of one collection."""
    there = SearchPosting.objects.filter(image__in=list(wanted), field__in=fields)
    rows = there.values_list("pk", "image_id", "word__key", "field")
    known = {(image_id, key, field): pk for pk, image_id, key, field in rows}
    asked_for = {(image_id, key, field) for image_id, words in wanted.items() for key, field in words}
    gone = [pk for row, pk in known.items() if row not in asked_for]
    for chunk in in_chunks(gone, CHUNK):
        SearchPosting.objects.filter(pk__in=chunk).delete()
    new = sorted(asked_for - known.keys())
    word_ids = _find_or_make_words(collection_id, sorted({key for _image_id, key, _field in new}))
    SearchPosting.objects.bulk_create(
        (SearchPosting(word_id=word_ids[key], image_id=image_id, field=field) for image_id, key, field in new),
        ignore_conflicts=True,
        batch_size=5 * CHUNK,
    )


def _find_or_make_words(collection_id: int, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in in_chunks(keys, CHUNK):
        rows = SearchWord.objects.filter(collection=collection_id, key__in=chunk)
        of_chunk = dict(rows.values_list("key", "pk"))
        missing = [SearchWord(collection_id=collection_id, key=key) for key in chunk if key not in of_chunk]
        if missing:
            # Another import may make the same word at the same moment: whoever comes second reads what the first one made.
            SearchWord.objects.bulk_create(missing, ignore_conflicts=True)
            of_chunk = dict(rows.all().values_list("key", "pk"))
        found |= of_chunk
    return found
