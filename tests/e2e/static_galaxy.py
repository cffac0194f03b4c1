"""A procedural galaxy as a folder of files: the built page, the artifact and the renditions, behind a plain web server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from explorer.artifact import POINTER_NAME, ArtifactReader
from explorer.management.folder_sink import FolderSink
from explorer.management.loopback import serve_folders
from explorer.management.procedural_galaxy import write_page
from tests.factories_artifact import ProceduralGalaxy, image_uuid


@dataclass
class StaticGalaxy:
    """A folder that is served: where it lies, where it answers, and what is in it."""

    folder: Path
    address: str
    galaxy: ProceduralGalaxy

    def number_of(self, uuid: str) -> int:
        """Which image of the factory this is."""
        return UUID(uuid).int & 0xFFFFFFFF

    def picture_of(self, uuid: str) -> bytes:
        """The JPEG that its thumbnails were made from."""
        return self.galaxy.read_small(self.number_of(uuid))

    def withdraw(self, *uuids: str) -> None:
        """List images in the pointer as withdrawn, as the first step of a withdrawal does."""
        pointer = self.folder / POINTER_NAME
        pointer.write_text(json.dumps(json.loads(pointer.read_text()) | {"withdrawn": list(uuids)}))

    def add(self, n: int) -> None:
        """Publish an update that brings n more images."""
        sink = FolderSink(self.folder)
        self.galaxy = ProceduralGalaxy(self.galaxy.n + n)
        self.galaxy.write(sink, ArtifactReader(sink))
        self._write_pictures(self.galaxy.n - n)

    def _write_pictures(self, start: int = 0) -> None:
        for i in range(start, self.galaxy.n):
            pictures = self.folder / "pictures" / str(image_uuid(i))
            pictures.mkdir(parents=True)
            (pictures / "small.jpg").write_bytes(self.galaxy.read_small(i))


@contextmanager
def serve_static_galaxy(folder: Path, n: int) -> Iterator[StaticGalaxy]:
    """Write a galaxy of n images into an empty folder and serve it on loopback, until the block ends."""
    galaxy = ProceduralGalaxy(n)
    galaxy.write(FolderSink(folder))
    write_page(folder, "Procedural pictures")
    with serve_folders({"/": folder}) as served:
        static = StaticGalaxy(folder, f"{served.address}/", galaxy)
        static._write_pictures()
        yield static
