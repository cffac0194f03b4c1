"""A procedural galaxy as a folder of files: the built page, the artifact and the renditions, behind a plain web server."""

import functools
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.factories_artifact import GALAXY_UUID, FolderSink, ProceduralGalaxy, image_uuid

BUILT = Path(__file__).parents[2] / "static" / "explorer"
CONFIG = {
    "galaxy": {"uuid": str(GALAXY_UUID), "slug": "procedural", "title": "Procedural pictures"},
    "pointer_url": "current.json",
    "rendition_url": "pictures/{uuid}/{rendition}.jpg",
    "worker_url": "page/explorer-worker.js",
    "home_url": "",
    "api_url": "",
    "image_admin_url": None,
}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Procedural pictures</title><link rel="icon" href="data:,"><link rel="stylesheet" href="page/explorer.css">
<script type="application/json" id="galaxy-config">{config}</script>
<script type="module" src="page/explorer.js"></script></head>
<body><div id="galaxy-root"></div></body></html>
"""


@dataclass(frozen=True)
class StaticGalaxy:
    """A folder that is served: where it lies, where it answers, and what is in it."""

    folder: Path
    address: str
    galaxy: ProceduralGalaxy
    requests: list[str]
    """Paths that were asked for, in order; clear it to count anew."""
    failing: set[str]
    """Paths, or ends of them, that are answered with 503 while they are in here."""

    def number_of(self, uuid: str) -> int:
        """Which image of the factory this is."""
        return UUID(uuid).int & 0xFFFFFFFF

    def picture_of(self, uuid: str) -> bytes:
        """The JPEG that its thumbnails were made from."""
        return self.galaxy.read_small(self.number_of(uuid))

    def withdraw(self, *uuids: str) -> None:
        """List images in the pointer as withdrawn, as the first step of a withdrawal does."""
        pointer = self.folder / "current.json"
        pointer.write_text(json.dumps(json.loads(pointer.read_text()) | {"withdrawn": list(uuids)}))


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder without a word, keeps connections, and notes what was asked for."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *args: Any, requests: list[str], failing: set[str], **kwargs: Any) -> None:
        self.requests = requests
        self.failing = failing
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        self.requests.append(self.path)
        if any(self.path.endswith(end) for end in self.failing):
            self.send_error(503)
            return
        super().do_GET()

    def log_message(self, *_args: Any) -> None:
        pass


@contextmanager
def serve_static_galaxy(folder: Path, n: int) -> Iterator[StaticGalaxy]:
    """Write a galaxy of n images into an empty folder and serve it on loopback, until the block ends."""
    galaxy = ProceduralGalaxy(n)
    galaxy.write(FolderSink(folder))
    shutil.copytree(BUILT, folder / "page")
    (folder / "index.html").write_text(PAGE.format(config=json.dumps(CONFIG)))
    for i in range(n):
        pictures = folder / "pictures" / str(image_uuid(i))
        pictures.mkdir(parents=True)
        (pictures / "small.jpg").write_bytes(galaxy.read_small(i))
        (pictures / "view.jpg").write_bytes(galaxy.read_small(i))
    requests: list[str] = []
    failing: set[str] = set()
    handler = functools.partial(Handler, directory=str(folder), requests=requests, failing=failing)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield StaticGalaxy(folder, f"http://127.0.0.1:{server.server_address[1]}/", galaxy, requests, failing)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
