"""The whole way, from pictures in a folder to what a visitor's browser fetches: on local folders, and on Cloud Storage.

The bucket is real to the program: django-storages and Google's own client speak over HTTP with an emulator on loopback.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import Client
from google.auth.credentials import AnonymousCredentials

from catalog.models import Collection, Galaxy, Image, PendingDeletion, Refusal
from explorer.artifact import ArtifactReader
from tests.cloud_storage import cloud_storage
from tests.pictures import write_pictures

MEDIA_BUCKET, GALAXIES_BUCKET = "library-media", "library-galaxies"


@pytest.fixture(params=["folders", "cloud storage"])
def stores(request: pytest.FixtureRequest) -> None:
    """Both columns of "What runs where": the folders that every test has, or two buckets."""
    if request.param == "cloud storage":
        request.getfixturevalue("buckets")


@pytest.fixture
def buckets(settings) -> Iterator[None]:
    with cloud_storage(MEDIA_BUCKET, GALAXIES_BUCKET):
        options = {"credentials": AnonymousCredentials(), "project_id": "library", "default_acl": None}
        media = {
            "BACKEND": "storages.backends.gcloud.GoogleCloudStorage",
            "OPTIONS": {**options, "bucket_name": MEDIA_BUCKET, "file_overwrite": True},
        }
        galaxies = {
            "BACKEND": "catalog.storage.GalaxiesCloudStorage",
            "OPTIONS": {**options, "bucket_name": GALAXIES_BUCKET, "file_overwrite": True},
        }
        settings.STORAGES = {**settings.STORAGES, "default": media, "media": media, "galaxies": galaxies}
        yield
        for alias in ("media", "galaxies"):
            storages[alias].client.close()  # type: ignore[attr-defined]  # the Cloud Storage one has it


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A few made pictures, two real photographs, and a file that is none."""
    folder = write_pictures(tmp_path / "My library", 12)
    photographs = Path(skimage.__file__).parent / "data"
    shutil.copy(photographs / "chelsea.png", folder / "Chelsea's portrait.png")
    shutil.copy(photographs / "coffee.png", folder / "кофе.png")
    (folder / "notes.jpg").write_text("not a picture")
    return folder


def fetch(client: Client, address: str) -> bytes:
    """What a browser gets at an address, streamed or not."""
    response: Any = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return b"".join(response.streaming_content) if response.streaming else response.content


class GalaxyAddresses:
    """What a visitor's browser fetches, through the server's own doors."""

    def __init__(self, client: Client, galaxy: Galaxy) -> None:
        self.client = client
        self.galaxy = galaxy

    def get(self, name: str) -> bytes:
        return fetch(self.client, f"/artifacts/{self.galaxy.uuid}/{name}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("stores")
def test_from_a_folder_to_the_visitors_browser(library: Path, client: Client):
    call_command("import_images", str(library), "--collection", "mine", "--visibility", "public", verbosity=0)
    call_command("annotate_images", "--collection", "mine", verbosity=0)
    call_command("build_galaxy", "--collection", "mine", verbosity=0)
    Galaxy.objects.update(visibility="public")
    call_command("publish_galaxy", "--collection", "mine", "--despite-safe-search", verbosity=0)

    galaxy = Galaxy.objects.get()
    reader = ArtifactReader(GalaxyAddresses(client, galaxy))
    assert reader.manifest.n_images == 14
    details = {d["uuid"]: d for tile in range(reader.tables.n_tiles) if (d := reader.details(tile))}
    chelsea = Image.objects.get(occurrences__location="Chelsea's portrait.png")
    terms = [label["term"] for label in details[str(chelsea.uuid)]["labels"]]
    assert "cat" in terms
    assert details[str(chelsea.uuid)]["colours"]

    assert fetch(client, f"/media/{chelsea.uuid}/view").startswith(b"\xff\xd8")
    number = reader.find(chelsea.uuid)
    assert number is not None
    tile = np.asarray(reader.picture(number), dtype=np.float64)
    mean = chelsea.current_revision.mean_colour
    assert tile.mean(axis=(0, 1)) == pytest.approx((mean >> 16, mean >> 8 & 255, mean & 255), abs=5)

    assert Refusal.objects.get().location == "notes.jpg"
    assert not PendingDeletion.objects.exists()

    Collection.objects.get().delete()
    assert not PendingDeletion.objects.exists()
    for alias in ("media", "galaxies"):
        assert list_all(alias) == []


def list_all(alias: str, folder: str = "") -> list[str]:
    """Every file of a storage."""
    folders, files = storages[alias].listdir(folder)
    return [f"{folder}{name}" for name in files if name] + [
        name for child in folders for name in list_all(alias, f"{folder}{child}/")
    ]
