"""Publishing to Cloud Storage, with the real client against a server on loopback."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.test import Client as Browser
from google.cloud.storage import Client
from pytest_django import Settings
from storages.backends.gcloud import GoogleCloudStorage

from catalog.models import Galaxy, Visibility
from explorer.artifact import ArtifactReader, Pointer
from explorer.services import export_galaxy, publish_galaxy, roll_back, sweep_objects
from explorer.services.export import ExportError
from explorer.services.export_targets import BucketTarget
from explorer.services.sinks import GalaxySource
from tests.cloud_storage import galaxies_in_a_bucket
from tests.explorer.services.published import publish_titled, titles_shown
from tests.explorer.world import client_of, make_person

pytestmark = pytest.mark.django_db

ARTIFACTS, COPIES = "artifacts", "copies"
IMMUTABLE = "public, max-age=31536000, immutable"


@pytest.fixture
def bucket(settings: Settings) -> Iterator[Client]:
    """The storage `galaxies` as a bucket, and another one for copies."""
    with galaxies_in_a_bucket(settings, ARTIFACTS, COPIES) as client:
        yield client


def headers_in(client: Client, bucket: str, prefix: str = "") -> dict[str, tuple[str, str]]:
    """Name below the prefix -> (content type, cache control)."""
    blobs = client.list_blobs(bucket, prefix=prefix)
    return {blob.name.removeprefix(prefix): (blob.content_type, blob.cache_control) for blob in blobs}


class BucketSource:
    """What a browser can fetch below a prefix of the bucket of copies."""

    def __init__(self, client: Client, prefix: str) -> None:
        self.bucket, self.prefix = client.bucket(COPIES), prefix

    def get(self, name: str) -> bytes:
        return bytes(self.bucket.blob(self.prefix + name).download_as_bytes())


class TestTheStorageOfGalaxies:
    def test_what_is_published_tells_caches_how_long_to_keep_it(self, galaxy: Galaxy, bucket: Client) -> None:
        publish_galaxy(galaxy, despite_safe_search=True)
        told = headers_in(bucket, ARTIFACTS, f"{galaxy.uuid}/")
        assert told["current.json"] == ("application/json", "no-cache")
        assert told["portrait.jpg"] == ("image/jpeg", "public, max-age=300")
        objects = {name: facts for name, facts in told.items() if name.startswith("objects/")}
        types = {".bin": "application/octet-stream", ".json": "application/json", ".webp": "image/webp"}
        assert {name: (types[name[name.index(".") :]], IMMUTABLE) for name in objects} == objects
        assert set(ArtifactReader(GalaxySource(galaxy)).object_names()) == objects.keys()

    def test_a_second_publication_going_back_and_sweeping_by_one_listing(
        self, galaxy: Galaxy, bucket: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(GoogleCloudStorage, "get_modified_time")  # nothing is asked for one by one
        first = publish_titled(galaxy, "One")
        publish_titled(galaxy, "Two")
        assert titles_shown(galaxy) == {"Two"}
        roll_back(galaxy, first)
        assert titles_shown(galaxy) == {"One"}
        storages["galaxies"].bucket.blob(f"{galaxy.uuid}/objects/{'0' * 32}.bin").upload_from_string(b"left")  # type: ignore[attr-defined]
        assert sweep_objects(galaxy).n_deleted == 0
        assert sweep_objects(galaxy, grace=timedelta(0)).n_deleted == 1
        assert titles_shown(galaxy) == {"One"}

    def test_django_hands_out_the_same_artifact_from_the_bucket(
        self, galaxy: Galaxy, bucket: Client, client: Browser
    ) -> None:
        publish_galaxy(galaxy, despite_safe_search=True)
        pointer = client.get(f"/artifacts/{galaxy.uuid}/current.json")
        assert pointer.headers["Cache-Control"] == "no-cache"
        manifest = Pointer.decode(pointer.content).manifest
        response = client.get(f"/artifacts/{galaxy.uuid}/{manifest}")
        assert response.getvalue() == GalaxySource(galaxy).get(manifest)
        assert response.headers["Cache-Control"] == IMMUTABLE
        portrait = client.get(f"/artifacts/{galaxy.uuid}/portrait.jpg")
        assert (portrait.headers["Content-Type"], portrait.headers["Cache-Control"]) == (
            "image/jpeg",
            "public, max-age=300",
        )

    def test_a_private_galaxy_goes_through_the_door_to_its_own_people_only(
        self, galaxy: Galaxy, bucket: Client, client: Browser
    ) -> None:
        publish_galaxy(galaxy, despite_safe_search=True)
        galaxy.visibility = Visibility.PRIVATE
        galaxy.save()
        manifest = ArtifactReader(GalaxySource(galaxy)).manifest_name
        for name in ("current.json", "portrait.jpg", manifest):
            assert client.get(f"/artifacts/{galaxy.uuid}/{name}").status_code == 404
            viewer = client_of(make_person("viewer", galaxy.collection))
            response = viewer.get(f"/artifacts/{galaxy.uuid}/{name}")
            assert response.status_code == 200
            assert "public" not in response.headers["Cache-Control"]
            response.close()

    def test_deleting_the_galaxy_empties_its_prefix(
        self, galaxy: Galaxy, bucket: Client, django_capture_on_commit_callbacks: object
    ) -> None:
        publish_galaxy(galaxy, despite_safe_search=True)
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            galaxy.delete()
        assert headers_in(bucket, ARTIFACTS) == {}


class TestACopyInABucket:
    def test_it_is_whole_and_each_file_has_its_type_and_its_time(self, galaxy: Galaxy, bucket: Client) -> None:
        publish_galaxy(galaxy, despite_safe_search=True)
        result = export_galaxy(galaxy, f"gs://{COPIES}/museum/sky/")
        told = headers_in(bucket, COPIES, "museum/sky/")
        assert result.n_written == len(told)
        # The emulator forgets what follows the semicolon.
        assert told["index.html"] == ("text/html", "no-cache")
        assert told["current.json"] == ("application/json", "no-cache")
        assert told["portrait.jpg"] == ("image/jpeg", "public, max-age=300")
        picture = f"pictures/{galaxy.collection.images.first().uuid}/view.jpg"
        assert told[picture] == ("image/jpeg", "public, max-age=300")
        script = next(name for name in told if name.endswith("explorer.js"))
        assert told[script] == ("text/javascript", IMMUTABLE)
        reader = ArtifactReader(BucketSource(bucket, "museum/sky/"))
        assert {name for name in told if name.startswith("objects/")} == set(reader.object_names())
        page = BucketSource(bucket, "museum/sky/").get("index.html").decode()
        assert f"https://storage.googleapis.com/{COPIES}/museum/sky/portrait.jpg" in page

    def test_after_a_fault_only_what_is_missing_is_written(
        self, galaxy: Galaxy, bucket: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish_galaxy(galaxy, despite_safe_search=True)
        put, written = BucketTarget.put, list[str]()

        def fail(self: BucketTarget, name: str, file: object) -> None:
            if len(written) > 20:
                raise ConnectionError("the network is gone")
            written.append(name)
            put(self, name, file)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(BucketTarget, "put", fail)
            with pytest.raises(ConnectionError):
                export_galaxy(galaxy, f"gs://{COPIES}/sky")
        there = set(headers_in(bucket, COPIES, "sky/"))
        assert there == {*written, "galaxy-export.json"} and "current.json" not in there

        result = export_galaxy(galaxy, f"gs://{COPIES}/sky")
        assert result.n_written == result.n_files - len(there)
        assert ArtifactReader(BucketSource(bucket, "sky/")).manifest.n_images == 12

    def test_two_copies_lie_in_one_bucket_and_a_strange_prefix_is_left_alone(
        self, galaxy: Galaxy, bucket: Client
    ) -> None:
        publish_galaxy(galaxy, despite_safe_search=True)
        bucket.bucket(COPIES).blob("letters/1.txt").upload_from_string(b"Dear museum")
        export_galaxy(galaxy, f"gs://{COPIES}/a", with_views=False)
        export_galaxy(galaxy, f"gs://{COPIES}/b", with_views=False)
        with pytest.raises(ExportError, match="something else"):
            export_galaxy(galaxy, f"gs://{COPIES}/letters")
        assert headers_in(bucket, COPIES, "a/").keys() == headers_in(bucket, COPIES, "b/").keys()

    def test_not_into_the_bucket_that_is_galaxys_own(self, galaxy: Galaxy, bucket: Client) -> None:
        publish_galaxy(galaxy, despite_safe_search=True)
        with pytest.raises(ExportError, match="not everybody"):
            export_galaxy(galaxy, f"gs://{ARTIFACTS}/copy")
