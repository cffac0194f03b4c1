"""Pictures for these tests: photographs that ship inside packages, and some drawn here."""

import io
from collections.abc import Callable
from pathlib import Path

import skimage
import sklearn.datasets
from PIL import Image

from catalog.annotators import Feature, PictureFile, PictureToAnnotate

SKIMAGE = Path(skimage.__file__).parent / "data"
SKLEARN = Path(sklearn.datasets.__file__).parent / "images"
ASTRONAUT = SKIMAGE / "astronaut.png"
PAGE = SKIMAGE / "page.png"
CAT = SKIMAGE / "chelsea.png"
COFFEE = SKIMAGE / "coffee.png"
MOTORCYCLE = SKIMAGE / "motorcycle_left.png"
PALACE = SKLEARN / "china.jpg"


def open_picture(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.convert("RGB")


def as_jpeg(picture: Image.Image, short_side_px: int = 320) -> bytes:
    """The bytes of a small rendition."""
    scale = short_side_px / min(picture.size)
    size = (round(picture.width * scale), round(picture.height * scale))
    stream = io.BytesIO()
    picture.resize(size).save(stream, "JPEG", quality=85)
    return stream.getvalue()


def to_annotate(data: bytes, *features: Feature, sha256: str = "a" * 64) -> PictureToAnnotate:
    return picture_read_by(lambda: data, *features, sha256=sha256)


def picture_read_by(read: Callable[[], bytes], *features: Feature, sha256: str = "a" * 64) -> PictureToAnnotate:
    """A picture whose two renditions are the same file of 320 x 240."""
    file = PictureFile(read, width=320, height=240, size_bytes=0)
    wanted = features or (Feature.LABEL_DETECTION, Feature.IMAGE_PROPERTIES)
    return PictureToAnnotate(sha256, wanted, width=320, height=240, small=file, view=file)
