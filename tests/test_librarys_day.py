"""A library's day by the API: its system sends pictures, waits, finds, corrects, takes the labels out, and another program reads them."""

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Collection, Image
from catalog.services import jobs
from tests.explorer.api.doors import key_client
from tests.factories import CollectionFactory, MembershipFactory
from tests.pictures import picture_bytes

pytestmark = pytest.mark.slow

EXIFTOOL = Path(__file__).parents[1] / "explorer/frontend/node_modules/exiftool-vendored.pl/bin/exiftool"
PERL = shutil.which("perl")
API = "/api/v1"
METADATA = {
    "bridge.jpg": {"title": "Die alte Brücke", "external_id": "N-17", "taken_at": "1923-05", "creator": "Ilse Bing"},
    "river.jpg": {"title": "The river", "external_id": "N-18"},
}


@pytest.fixture
def museum(transactional_db, monkeypatch) -> Collection:
    """A collection whose jobs are done when they are started: what workers do beside it is tested elsewhere."""
    monkeypatch.setattr(jobs, "_wake_ups", [lambda job: jobs.run_job(job.uuid, worker="test")])
    return CollectionFactory.create(slug="museum", features=["LABEL_DETECTION"])


@pytest.fixture
def system(museum: Collection) -> Client:
    """The library's own software, with a curator's key."""
    return key_client(MembershipFactory.create(collection=museum, role="curator").user, "read", "write", "annotate")


def send(system: Client) -> Any:
    files = [SimpleUploadedFile(name, picture_bytes(n)) for n, name in enumerate(METADATA)]
    files.append(SimpleUploadedFile("notes.jpg", b"not a picture"))
    form = {"collection": "museum", "files": files, "metadata": json.dumps(METADATA)}
    response = system.post(f"{API}/images/", form)
    assert response.status_code == 202, response.content
    assert wait(system, response.json()["job"]) == "succeeded"
    return get(system, f"batches/{response.json()['batch']}/")


def wait(system: Client, job: str) -> str:
    return str(get(system, f"jobs/{job}/")["status"])


def get(system: Client, path: str, **params: str) -> Any:
    response = system.get(f"{API}/{path}", params)
    assert response.status_code == 200, response.content
    return response.json()


def post(system: Client, path: str, body: Any) -> Any:
    response = system.post(f"{API}/{path}", json.dumps(body), content_type="application/json")
    assert response.status_code in (200, 201, 202), response.content
    return response.json()


def take_out(system: Client, folder: Path, format_name: str) -> Path:
    response: Any = system.get(
        f"{API}/export/", {"collection": "museum", "format": format_name, "label": "Charles Bridge"}
    )
    assert response.status_code == 200
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        archive.extractall(folder / format_name)
    [file] = [path for path in (folder / format_name).rglob("*") if path.is_file()]
    return file


def read_with_exiftool(file: Path) -> dict[str, Any]:
    """By group and name, as ExifTool understands it; a file that breaks a standard says so under Warning."""
    options = ["-json", "-groupNames", "-validate", "-warning", "-all", "-charset", "iptc=UTF8"]
    command = [str(PERL), str(EXIFTOOL), *options, str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    [told] = json.loads(ran.stdout)
    return dict(told)


@pytest.mark.skipif(PERL is None, reason="ExifTool needs Perl")
def test_a_librarys_day(museum: Collection, system: Client, tmp_path: Path):
    batch = send(system)
    assert [item["status"] for item in batch["items"]] == ["added", "added", "refused"]
    assert batch["items"][2]["message"], "the one that is no picture says why, and held nobody up"

    assert wait(system, post(system, "collections/museum/annotate/", {})["job"]) == "succeeded"
    assert not Image.objects.exclude(annotation_status="annotated").exists()

    [hit] = get(system, "search/", collection="museum", q="brücke")["hits"]
    assert hit["image"]["title"] == "Die alte Brücke" and 0 < hit["score"] <= 1
    before = get(system, "collections/museum/changes/")

    bridge = get(system, "images/by-external-id/", collection="museum", id="N-17")
    verdicts = [{"term": "Charles Bridge", "verdict": "add"}]
    if wrong := [label["term"] for label in bridge["labels"]][:1]:
        verdicts.append({"term": wrong[0], "verdict": "reject"})
    post(system, "changes/", {"collection": "museum", "images": [bridge["uuid"]], "decisions": verdicts})
    since = get(system, "collections/museum/changes/", cursor=before["cursor"])
    assert [row["uuid"] for row in since["results"]] == [bridge["uuid"]], (
        "who keeps a copy learns of it, and of no more"
    )

    again = send(system)
    assert not any(item["status"] == "added" for item in again["items"])
    assert Image.objects.count() == 2, "sent again, nothing comes twice"

    sidecar = read_with_exiftool(take_out(system, tmp_path, "xmp"))
    assert sidecar["ExifTool:Validate"] == "OK", sidecar
    assert sidecar["XMP:Title"] == "Die alte Brücke" and sidecar["XMP:Creator"] == "Ilse Bing"
    assert sidecar["XMP:DateCreated"] == "1923:05"
    subjects = sidecar["XMP:Subject"] if isinstance(sidecar["XMP:Subject"], list) else [sidecar["XMP:Subject"]]
    assert "Charles Bridge" in subjects and not set(wrong) & set(subjects), "as it was corrected"

    copy = read_with_exiftool(take_out(system, tmp_path, "iptc"))
    assert copy["ExifTool:Validate"] == "OK", copy
    assert copy["IPTC:ObjectName"] == copy["XMP:Title"] == "Die alte Brücke"
    assert "Charles Bridge" in copy["IPTC:Keywords"]
