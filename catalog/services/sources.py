"""Where images come from: what a person calls a source, opened as a stream of candidates, and imported."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage import Client

from catalog.importers import (
    BUCKET_SCHEME,
    Candidate,
    Refused,
    SourceError,
    ZipLimits,
    is_zip,
    read_bucket,
    read_folder,
    read_zip,
)
from catalog.models import Collection
from catalog.services.errors import ServiceError
from catalog.services.ingest import ImportResult, import_images
from catalog.services.progress import Progress, ignore_progress

__all__ = ["Source", "import_source", "open_source"]

LOOK_EVERY = 1000  # items found between two words about it


@dataclass(frozen=True)
class Source:
    """An opened source. Whoever opens it closes it, when everything that it offered is read."""

    name: str
    """Names the source in the collection: a location is unique within it, and a second import knows it by this."""
    read: Callable[[], Iterator[Candidate | Refused]]
    """What it offers, as a new stream at each call."""
    countable: bool = False
    """Whether reading the stream to its end costs little, so that it is read once only to count: a progress without an end
    tells nobody when to come back."""
    close: Callable[[], None] = lambda: None


def open_source(text: str, *, metadata: Path | None = None) -> Source:
    """Open what a person typed: the first of `OPENERS` that knows such a source does it.

    Parameters
    ----------
    text
        The path of a folder or of a zip archive, or `gs://bucket/prefix`.
    metadata
        A table to be read instead of the `metadata.csv` and `metadata.json` of the source.

    Raises
    ------
    ServiceError
        The source does not exist, or may not be read. To be called before anything is made for its sake.
    """
    try:
        for opener in OPENERS:
            source = opener(text, metadata)
            if source is not None:
                return source
    except SourceError as error:
        raise ServiceError(str(error)) from error
    raise ServiceError(f"{text!r} is no source that can be read.")


def import_source(
    collection: Collection, source: Source, *, keep_originals: bool = False, progress: Progress = ignore_progress
) -> ImportResult:
    """Import everything that a source offers, and close it; see `import_images`.

    Raises ServiceError when the source breaks off in the middle; what came before is kept, and importing again goes on.
    """
    with closing(source):
        try:
            n_total = 0
            if source.countable:
                for n_total, _item in enumerate(source.read(), start=1):
                    if n_total % LOOK_EVERY == 0:
                        progress("Looking", n_total, 0)
            return import_images(
                collection,
                source.read(),
                source=source.name,
                n_total=n_total,
                keep_originals=keep_originals,
                progress=progress,
            )
        except SourceError as error:  # it broke off; what came before is kept
            raise ServiceError(str(error)) from error


def open_folder(text: str, metadata: Path | None = None) -> Source:
    """A folder of the server's disk. Its resolved path is its name, so that ./pictures and /home/me/pictures are one source."""
    root = Path(text).expanduser().resolve()
    max_bytes = settings.GALAXY_MAX_FILE_MB * 1024**2

    def read() -> Iterator[Candidate | Refused]:
        return read_folder(root, max_bytes=max_bytes, metadata=metadata)

    return _checked(Source(name=str(root), read=read, countable=True))


def open_zip(text: str, metadata: Path | None = None) -> Source | None:
    """A zip archive on the server's disk, whatever it is called."""
    path = Path(text).expanduser().resolve()
    try:
        if not path.is_file():
            return None
        stream = path.open("rb")
    except (OSError, ValueError) as error:
        raise SourceError(f"{text} cannot be opened: {error}.") from error
    if not is_zip(stream):
        stream.close()
        return None  # a single file: the folder's opener says what was expected
    limits = ZipLimits(max_member_bytes=settings.GALAXY_MAX_FILE_MB * 1024**2)

    def read() -> Iterator[Candidate | Refused]:
        return read_zip(stream, path.name, limits=limits, metadata=metadata)

    return _checked(Source(name=str(path), read=read, countable=True, close=stream.close))


def open_bucket(text: str, metadata: Path | None = None) -> Source | None:
    """`gs://bucket/prefix` in Cloud Storage, with the credentials that Google's client finds."""
    if not text.startswith(BUCKET_SCHEME):
        return None
    try:
        client = Client()
    except (GoogleAuthError, OSError) as error:
        raise SourceError(
            f"{text} needs an account of Google Cloud: set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account's "
            f"key, or run `gcloud auth application-default login` ({error})."
        ) from error

    def read() -> Iterator[Candidate | Refused]:
        return read_bucket(client, text, max_bytes=settings.GALAXY_MAX_FILE_MB * 1024**2, metadata=metadata)

    return _checked(Source(name=text.rstrip("/"), read=read, close=client.close))


def _checked(source: Source) -> Source:
    """The source, if it can be read at all; raises SourceError, having closed it, if not."""
    try:
        source.read()
    except SourceError:
        source.close()
        raise
    return source


OPENERS: tuple[Callable[[str, Path | None], Source | None], ...] = (
    open_bucket,
    open_zip,
    open_folder,
)
