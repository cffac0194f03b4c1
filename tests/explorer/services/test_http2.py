"""A copied galaxy over HTTP/2, as docs/publishing.md tells a web server to send it: many files over one connection."""

import asyncio
import datetime
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypercorn.asyncio import serve
from hypercorn.config import Config

from catalog.models import Galaxy
from explorer.artifact import ArtifactReader
from explorer.services import export_galaxy, publish_galaxy
from explorer.services.export_targets import cache_control_of, content_type_of
from tests.explorer.services.test_export import FolderSource, files_in


class FileServer:
    """Hands out the files of a folder with the headers that the guide asks for; remembers who asked, and how."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connections: set[tuple[str, int]] = set()
        self.versions: set[str] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.connections.add(tuple(scope["client"]))
        self.versions.add(scope["http_version"])
        name = scope["path"].removeprefix("/sky/") or "index.html"
        headers = [
            (b"content-type", content_type_of(name).encode()),
            (b"cache-control", cache_control_of(name).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": (self.folder / name).read_bytes()})


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that nobody but the test trusts, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "galaxy test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*private))
    return folder / "certificate.pem", folder / "key.pem"


@asynccontextmanager
async def served(server: FileServer, certificate: Path, key: Path) -> AsyncIterator[str]:
    """The server on loopback, over TLS with ALPN; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = Config.from_mapping(
        bind=[f"127.0.0.1:{port}"], certfile=str(certificate), keyfile=str(key), alpn_protocols=["h2", "http/1.1"]
    )
    stop, begun = asyncio.Event(), asyncio.Event()

    async def wait_to_stop() -> None:
        begun.set()
        await stop.wait()

    serving = asyncio.create_task(serve(server, config, shutdown_trigger=wait_to_stop))
    await begun.wait()
    try:
        yield f"https://127.0.0.1:{port}/sky/"
    finally:
        stop.set()
        await serving


@pytest.mark.django_db
def test_one_connection_brings_the_whole_galaxy(galaxy: Galaxy, tmp_path: Path):
    publish_galaxy(galaxy, despite_safe_search=True)
    folder = tmp_path / "copy"
    export_galaxy(galaxy, str(folder))
    server = FileServer(folder)
    certificate, key = write_certificate(tmp_path / "tls")
    names = sorted(files_in(folder))

    async def fetch_all() -> dict[str, httpx.Response]:
        context = ssl.create_default_context(cafile=str(certificate))
        async with (
            served(server, certificate, key) as address,
            httpx.AsyncClient(http2=True, verify=context, base_url=address) as client,
        ):
            await client.get("current.json")  # opens the connection that the rest shares
            answers = await asyncio.gather(*(client.get(name) for name in names))
            return dict(zip(names, answers, strict=True))

    # In a thread of its own: a browser test that ran before may have left this one with a running loop.
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(asyncio.run, fetch_all()).result()

    assert server.versions == {"2"} and len(server.connections) == 1
    assert {answer.http_version for answer in answers.values()} == {"HTTP/2"}
    for name, answer in answers.items():
        assert answer.content == (folder / name).read_bytes()
        assert "content-encoding" not in answer.headers
    for name in ArtifactReader(FolderSource(folder)).object_names():
        assert answers[name].headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answers["current.json"].headers["cache-control"] == "no-cache"
    assert answers["index.html"].headers["content-type"] == "text/html; charset=utf-8"
