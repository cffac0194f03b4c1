"""The real photographs inside scikit-image and scikit-learn, as a folder with credits.

Only files that ship in the packages (scikit-image would download others), only photographs that a visitor would look at, and
only those whose licence the packages state: titles, credits and licences are those of `skimage/data/_fetchers.py` (its
docstrings) and `sklearn/datasets/images/README.txt`. So the test patterns stay out, and `moon`, `page` and the motorcycle pair,
about whose licence nothing is said.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from catalog.importers import SIDECAR_NAME, SidecarRow, write_sidecar
from catalog.sample.files import MissingPackageError, OnProgress, SampleReport, write_if_absent, write_if_changed

_PUBLIC_DOMAIN = "Public domain"
_NO_KNOWN_RESTRICTIONS = "No known copyright restrictions"


@dataclass(frozen=True)
class _Photo:
    """One photograph inside a package."""

    package: str
    path: str
    """Inside the package."""
    title: str
    licence: str
    creator: str = ""
    credit: str = ""
    source_url: str = ""
    description: str = ""

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


PHOTOS = (
    _Photo(
        "skimage",
        "data/astronaut.png",
        "Astronaut Eileen Collins",
        _PUBLIC_DOMAIN,
        credit="NASA Great Images database",
        source_url="https://flic.kr/p/r9qvLn",
        description="Eileen Collins, an American astronaut, first piloted the space shuttle STS-63 in 1995.",
    ),
    _Photo(
        "skimage",
        "data/brick.png",
        "Brick wall",
        "CC0",
        credit="CC0Textures",
        source_url="https://cc0textures.com/view.php?tex=Bricks25",
    ),
    _Photo("skimage", "data/camera.png", "Camera", "CC0", creator="Lav Varshney"),
    _Photo(
        "skimage",
        "data/cell.png",
        "Cell floating in saline",
        "CC0",
        credit="Paul Müller, Mirjam Schürmann, Salvatore Girardo, Gheorghe Cojoc and Jochen Guck, Optics Express 26(8), 2018",
        source_url="https://doi.org/10.1364/OE.26.010729",
        description="A quantitative phase image retrieved from a digital hologram.",
    ),
    _Photo("skimage", "data/chelsea.png", "Chelsea the cat", "CC0", creator="Stefan van der Walt"),
    _Photo("skimage", "data/clock_motion.png", "Motion blurred clock", _PUBLIC_DOMAIN, creator="Stefan van der Walt"),
    _Photo(
        "skimage",
        "data/coffee.png",
        "Coffee cup",
        "CC0",
        creator="Rachel Michetti",
        credit="Courtesy of Pikolo Espresso Bar",
    ),
    _Photo(
        "skimage",
        "data/coins.png",
        "Greek coins from Pompeii",
        _NO_KNOWN_RESTRICTIONS,
        credit="Brooklyn Museum Collection",
        source_url="https://www.brooklynmuseum.org/opencollection/archives/image/51611",
    ),
    _Photo(
        "skimage",
        "data/grass.png",
        "Grass",
        "CC0",
        credit="DeviantArt",
        source_url="https://www.deviantart.com/linolafett/art/Grass-01-434853879",
    ),
    _Photo(
        "skimage",
        "data/gravel.png",
        "Gravel",
        "CC0",
        credit="CC0Textures",
        source_url="https://cc0textures.com/view.php?tex=Gravel04",
    ),
    _Photo(
        "skimage",
        "data/hubble_deep_field.jpg",
        "Hubble eXtreme Deep Field",
        _PUBLIC_DOMAIN,
        creator="NASA",
        credit="HubbleSite",
        source_url="http://hubblesite.org/newscenter/archive/releases/2012/37/image/a/",
        description="The Hubble Telescope's farthest ever view of the universe.",
    ),
    _Photo(
        "skimage",
        "data/ihc.png",
        "Colonic glands, stained",
        _NO_KNOWN_RESTRICTIONS,
        credit="Center for Microscopy And Molecular Imaging (CMMI)",
        description="Immunohistochemical staining with hematoxylin counterstaining.",
    ),
    _Photo(
        "skimage",
        "data/retina.jpg",
        "Human retina",
        "CC0",
        creator="Mikael Häggström",
        credit="WikiJournal of Medicine 1 (2), 2014",
        source_url="https://commons.wikimedia.org/wiki/File:Fundus_photograph_of_normal_left_eye.jpg",
    ),
    _Photo(
        "skimage",
        "data/rocket.jpg",
        "Launch of DSCOVR on Falcon 9",
        _PUBLIC_DOMAIN,
        creator="SpaceX",
        source_url="https://www.flickr.com/photos/spacexphotos/16511594820/in/photostream/",
        description="Falcon 9 carrying DSCOVR lifted off from SpaceX's Launch Complex 40 at Cape Canaveral Air Force Station.",
    ),
    _Photo(
        "sklearn",
        "datasets/images/china.jpg",
        "China",
        "CC BY 2.0",
        creator="danielbuechele",
        credit="Some rights reserved by danielbuechele",
        source_url="https://www.flickr.com/photos/danielbuechele/6061409035/sizes/z/in/photostream/",
    ),
    _Photo(
        "sklearn",
        "datasets/images/flower.jpg",
        "Flower",
        "CC BY 2.0",
        # The package's README names danielbuechele here too, but links to vultilion's account: both are given.
        creator="vultilion",
        credit="Some rights reserved by danielbuechele (https://www.flickr.com/photos/vultilion/)",
        source_url="https://www.flickr.com/photos/vultilion/6056698931/sizes/z/in/photostream/",
    ),
)

_DISTRIBUTION = {"skimage": "scikit-image", "sklearn": "scikit-learn"}


def write_scientific_photos(folder: Path, on_progress: OnProgress | None = None) -> SampleReport:
    """Copy the photographs of scikit-image and scikit-learn into a folder, with their credits in `metadata.csv`.

    Files that are there already are kept. Photographs that the installed versions no longer hold are left out and counted.

    Raises
    ------
    MissingPackageError
        One of the packages is not installed. Nothing has been written then.
    OSError
        The folder cannot be written to.
    """
    places = {package: _folder_of(package) for package in _DISTRIBUTION}
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    written = 0
    for done, photo in enumerate(PHOTOS, start=1):
        source = places[photo.package] / photo.path
        if source.is_file():
            written += write_if_absent(folder / photo.name, source.read_bytes)
            rows.append(
                SidecarRow(
                    photo.name,
                    title=photo.title,
                    description=photo.description,
                    creator=photo.creator,
                    credit=photo.credit,
                    licence=photo.licence,
                    source_url=photo.source_url,
                )
            )
        if on_progress is not None:
            on_progress("photographs", done, len(PHOTOS))
    write_if_changed(folder / SIDECAR_NAME, write_sidecar(rows))
    absent = len(PHOTOS) - len(rows)
    return SampleReport(written, len(rows) - written, {"not in the installed package": absent} if absent else {})


def _folder_of(package: str) -> Path:
    """Where a package lies, without importing it: that takes seconds."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise MissingPackageError(_DISTRIBUTION[package])
    return Path(spec.origin).parent
