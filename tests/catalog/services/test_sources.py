"""What a person names becomes a stream: a folder, an archive, a bucket through Google's own client; stopped, it goes on later."""

import gzip
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from google.cloud.storage import Blob, Client

from catalog.importers import Candidate, Refused, SourceError, bucket, read_bucket
from catalog.models import Collection, Image, Occurrence, Refusal
from catalog.services.errors import ServiceError
from catalog.services.ingest import ImportResult
from catalog.services.progress import CancelledError, ignore_progress
from catalog.services.sources import Source, import_source, open_source
from tests.cloud_storage import cloud_storage
from tests.factories import CollectionFactory
from tests.pictures import picture_bytes, write_pictures

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """70 pictures, and two members that are refused."""
    path = tmp_path / "Photos 2024.zip"
    with zipfile.ZipFile(path, "w") as writer:
        for number in range(70):
            writer.writestr(f"{number}.jpg", picture_bytes(number))
        writer.writestr("../outside.jpg", picture_bytes(99))
        writer.writestr("text.jpg", "no picture")
    return path


@pytest.fixture
def store() -> Iterator[Client]:
    with cloud_storage("library") as client:
        yield client


def put(store: Client, name: str, data: bytes | str, **properties: str) -> None:
    blob = store.bucket("library").blob(name)
    for key, value in properties.items():
        setattr(blob, key, value)
    blob.upload_from_string(data)


def take(collection: Collection, source: str, *, keep_originals: bool = False) -> ImportResult:
    return import_source(collection, open_source(source), keep_originals=keep_originals)


def count_downloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the objects that are read from now on."""
    names: list[str] = []
    download = Blob.download_to_file

    def counted(self: Blob, *args: object, **kwargs: object) -> None:
        names.append(self.name)
        download(self, *args, **kwargs)

    monkeypatch.setattr(Blob, "download_to_file", counted)
    return names


def test_an_archive_comes_in_and_names_what_it_refuses(collection: Collection, archive: Path):
    result = take(collection, str(archive))

    assert (result.n_seen, result.n_added, result.n_refused) == (72, 70, 2)
    assert set(Refusal.objects.values_list("location", "code")) == {
        ("../outside.jpg", "unsafe_name"),
        ("text.jpg", "not_a_picture"),
    }
    assert Occurrence.objects.filter(source=str(archive)).count() == 70


def test_an_archive_that_was_stopped_goes_on_later_even_if_it_was_packed_anew(collection: Collection, archive: Path):
    def stop_after_one_batch(stage: str, done: int, total: int) -> None:
        if stage == "Importing" and done:
            assert total == 72
            raise CancelledError

    with pytest.raises(CancelledError):
        import_source(collection, open_source(str(archive)), progress=stop_after_one_batch)
    assert Image.objects.count() == 32

    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(f"{archive}.new", "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    Path(f"{archive}.new").rename(archive)
    result = take(collection, str(archive))
    assert (result.n_unchanged, result.n_added) == (32, 38)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere", r"nowhere does not exist\. Check the path\."),
        ("notes.txt", "is a file; a folder of pictures or a zip archive was expected"),
        ("cut.zip", "is no zip archive, or it is cut off"),
    ],
)
def test_what_is_no_source_is_said_at_once(tmp_path: Path, archive: Path, name: str, reason: str):
    (tmp_path / "notes.txt").write_text("dear diary")
    (tmp_path / "cut.zip").write_bytes(archive.read_bytes()[:5000])
    with pytest.raises(ServiceError, match=reason):
        open_source(str(tmp_path / name))


def test_a_table_given_by_path_is_for_every_source(collection: Collection, tmp_path: Path):
    folder = write_pictures(tmp_path / "pictures", 1)
    (tmp_path / "ours.csv").write_text("file,title\n0000.jpg,Given\n")
    import_source(collection, open_source(str(folder), metadata=tmp_path / "ours.csv"))
    assert Image.objects.get().title == "Given"
    with pytest.raises(ServiceError, match="cannot be read"):
        open_source(str(folder), metadata=tmp_path / "nowhere.csv")


def test_a_bucket_comes_in_with_its_addresses_and_its_table_and_nothing_is_copied(
    collection: Collection, store: Client
):
    put(store, "scans/a.jpg", picture_bytes(1))
    put(store, "scans/deep/b.png", picture_bytes(2, file_format="PNG"))
    put(store, "scans/metadata.csv", "file,title,labels\ndeep/b.png,Bee,insect\nc.jpg,Missing,\n")
    put(store, "scans/notes.txt", "passed over")
    put(store, "scans/.thumbs/a.jpg", picture_bytes(3))
    put(store, "scans2/other.jpg", picture_bytes(4))

    result = take(collection, "gs://library/scans/")

    assert (result.n_added, result.n_refused) == (2, 1)
    assert result.refused[0]["location"] == "metadata.csv, line 3"
    bee = Image.objects.get(title="Bee")
    assert [label.label.term for label in bee.effective_labels.all()] == ["insect"]
    revision = bee.current_revision
    assert revision.source_uri == "gs://library/scans/deep/b.png"
    assert revision.source_generation == str(store.bucket("library").get_blob("scans/deep/b.png").generation)
    assert revision.storage_name == ""
    assert revision.renditions.count() == 2
    assert set(Occurrence.objects.values_list("source", "location")) == {
        ("gs://library/scans", "a.jpg"),
        ("gs://library/scans", "deep/b.png"),
    }


def test_an_original_is_kept_only_if_asked_for(collection: Collection, store: Client):
    put(store, "a.jpg", picture_bytes(1))
    take(collection, "gs://library", keep_originals=True)
    assert Image.objects.get().current_revision.storage_name


def test_an_unchanged_generation_is_not_read_again_and_a_changed_one_is_a_new_revision(
    collection: Collection, store: Client, monkeypatch: pytest.MonkeyPatch
):
    put(store, "a.jpg", picture_bytes(1))
    put(store, "b.jpg", picture_bytes(2))
    take(collection, "gs://library")
    before = Occurrence.objects.get(location="b.jpg").image

    put(store, "b.jpg", picture_bytes(3))
    read = count_downloads(monkeypatch)
    result = take(collection, "gs://library/")

    assert read == ["b.jpg"]
    assert (result.n_unchanged, result.n_revised) == (1, 1)
    after = Occurrence.objects.get(location="b.jpg").image
    assert after == before
    assert [revision.number for revision in after.revisions.all()] == [2, 1]
    generations = {revision.source_generation for revision in after.revisions.all()}
    assert len(generations) == 2


def test_an_object_that_is_too_large_is_refused_before_it_is_read(
    collection: Collection, store: Client, monkeypatch: pytest.MonkeyPatch
):
    put(store, "large.jpg", b"\0" * 5000)
    put(store, "packed.jpg", gzip.compress(b"\0" * 50_000), content_encoding="gzip")
    put(store, "good.jpg", picture_bytes(1))
    read = count_downloads(monkeypatch)
    found = {item.location: item for item in read_bucket(store, "gs://library", max_bytes=4000)}

    assert read == []
    large, packed, good = found["large.jpg"], found["packed.jpg"], found["good.jpg"]
    assert isinstance(large, Refused)
    assert large.code == "too_large"
    assert isinstance(good, Candidate)
    assert good.read() == picture_bytes(1)
    # What unpacks on the way is stopped when it is more than it promised; the emulator sends it as it is.
    assert isinstance(packed, Candidate)
    assert len(packed.read()) < 4000
    with pytest.raises(bucket._TooLargeError):
        bucket._BoundedBuffer(10).write(b"x" * 11)


@contextmanager
def listing_server(answers: dict[str, tuple[int, dict[str, object]]], asked: list[str]) -> Iterator[str]:
    """A Cloud Storage that answers listings by script: page token -> (status, document). The emulator has one page only."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            document: dict[str, object]
            if not address.path.endswith("/o"):
                status, document = 404, {}  # the tables
            else:
                query = parse_qs(address.query)
                assert query["maxResults"] == ["1000"]
                asked.append(query.get("pageToken", [""])[0])
                status, document = answers[asked[-1]]
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def page_of(number: int, *, after: str = "") -> tuple[int, dict[str, object]]:
    items = [{"name": f"{number}{letter}.jpg", "bucket": "b", "size": "9", "generation": "1"} for letter in "ab"]
    return 200, {"items": items, **({"nextPageToken": after} if after else {})}


def test_a_listing_goes_page_by_page_and_says_where_it_broke_off(monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    forbidden: tuple[int, dict[str, object]] = (403, {"error": {"code": 403, "message": "gone"}})
    answers = {"": page_of(1, after="two"), "two": page_of(2, after="three"), "three": forbidden}
    with listing_server(answers, asked) as address:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        with closing(open_source("gs://b")) as source:
            found = source.read()
            asked.clear()
            assert [next(found).location for _ in range(2)] == ["1a.jpg", "1b.jpg"]
            assert asked == []
            assert next(found).location == "2a.jpg"
            assert asked == ["two"]
            assert next(found).location == "2b.jpg"
            with pytest.raises(SourceError, match="Storage Object Viewer"):
                next(found)


def test_an_object_that_went_after_it_was_listed_is_named_and_the_rest_comes_in(collection: Collection, store: Client):
    for number in range(3):
        put(store, f"{number}.jpg", picture_bytes(number))

    source = open_source("gs://library")

    def delete_one(stage: str, done: int, total: int) -> None:
        if not done:
            store.bucket("library").blob("1.jpg").delete()

    result = import_source(collection, source, progress=delete_one)
    assert result.n_added == 2
    assert [(item["location"], item["code"]) for item in result.refused] == [("1.jpg", "vanished")]


def test_a_bucket_that_does_not_exist_is_said_at_once(store: Client):
    with pytest.raises(ServiceError, match=r"bucket of gs://nowhere/x does not exist\. Check the address"):
        open_source("gs://nowhere/x")
    with pytest.raises(ServiceError, match="names no bucket"):
        open_source("gs:///x")


def test_without_an_account_the_way_to_one_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    with pytest.raises(ServiceError, match="GOOGLE_APPLICATION_CREDENTIALS"):
        open_source("gs://library")


def test_a_listing_that_breaks_off_keeps_what_came_before(collection: Collection):
    def read() -> Iterator[Candidate | Refused]:
        for number in range(32):
            yield Candidate(f"{number}.jpg", "1", lambda number=number: picture_bytes(number))  # type: ignore[misc]
        raise SourceError("gs://library could not be listed to its end. Import again to go on.")

    with pytest.raises(ServiceError, match="Import again to go on"):
        import_source(collection, Source("gs://library", read), progress=ignore_progress)
    assert Image.objects.count() == 32
