"""A Cloud Storage on loopback, for the real client."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.files.storage import storages
from gcp_storage_emulator.server import create_server
from google.cloud.storage import Client
from pytest_django import Settings


@contextmanager
def cloud_storage(*buckets: str) -> Iterator[Client]:
    """A server with these buckets, and a client of it; every client made meanwhile finds it by the environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
        patch.setenv("GOOGLE_CLOUD_PROJECT", "library")
        server = create_server("127.0.0.1", port, in_memory=True)
        server.start()
        client = Client()
        try:
            for bucket in buckets:
                client.create_bucket(bucket)
            yield client
        finally:
            client.close()
            server.stop()


@contextmanager
def galaxies_in_a_bucket(settings: Settings, bucket: str, *others: str) -> Iterator[Client]:
    """The storage `galaxies` in a bucket, as `GS_GALAXIES_BUCKET` puts it there, beside other buckets."""
    options = {"bucket_name": bucket, "default_acl": None, "file_overwrite": True, "querystring_auth": True}
    with cloud_storage(bucket, *others) as client:
        backend = {"BACKEND": "catalog.storage.GalaxiesCloudStorage", "OPTIONS": options}
        settings.STORAGES = {**settings.STORAGES, "galaxies": backend}
        yield client
        storages["galaxies"].client.close()  # type: ignore[attr-defined]  # the Cloud Storage one has it
