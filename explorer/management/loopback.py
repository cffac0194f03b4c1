"""A folder on loopback, as any web server for files would hand it out, with a count of what was asked for."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

__all__ = ["Sent", "Served", "serve_folders"]


@dataclass(frozen=True)
class Sent:
    """One answer: the path without its query, the bytes of its body, and when it began, in seconds since 1970."""

    path: str
    n_bytes: int
    at: float


@dataclass
class Served:
    """A running server: its address, and all that it has sent since it began or was last asked to forget."""

    address: str
    sent: list[Sent] = field(default_factory=list)


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = {
        ".html": "text/html",
        ".js": "text/javascript",
        ".css": "text/css",
        ".json": "application/json",
        ".webp": "image/webp",
        ".jpg": "image/jpeg",
        ".woff2": "font/woff2",
        "": "application/octet-stream",
    }

    def __init__(self, *args: object, folders: dict[str, Path], served: Served, **kwargs: object) -> None:
        self.folders = folders
        self.served = served
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came

    def translate_path(self, path: str) -> str:
        """The first folder whose prefix fits; `..` never leaves it."""
        plain = path.split("?", 1)[0].split("#", 1)[0]
        for prefix, folder in self.folders.items():
            if plain.startswith(prefix):
                self.directory = str(folder)
                return super().translate_path("/" + plain.removeprefix(prefix))
        return str(Path(self.directory) / "nothing")

    def end_headers(self) -> None:
        """What is named by its content may be kept."""
        cache = "public, max-age=31536000, immutable" if "/objects/" in self.path else "no-cache"
        self.send_header("Cache-Control", cache)
        super().end_headers()

    def send_header(self, keyword: str, value: str) -> None:
        """Also notes how long each body is."""
        if keyword == "Content-Length":
            self.served.sent.append(Sent(self.path.split("?", 1)[0], int(value), time.time()))
        super().send_header(keyword, value)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def serve_folders(folders: dict[str, Path]) -> Iterator[Served]:
    """Serve each folder under its prefix (`/`, `/three/`; the longest first) at a free port of 127.0.0.1 until the block ends."""
    served = Served("")
    ordered = dict(sorted(folders.items(), key=lambda item: -len(item[0])))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, folders=ordered, served=served))
    server.daemon_threads = True
    served.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
