"""A galaxy of three pictures, about one of which everything was found; made by the site's own Django, see test_panel.py."""

import io

from django.core.files.storage import storages
from PIL import Image as Pillow
from PIL import ImageDraw

from catalog.models import Image, PublishedFeature
from explorer.services import publish_galaxy
from tests.factories import BuildFactory, CollectionFactory, GalaxyFactory, ImageFactory, keep_answers
from tests.vision_documents import FACE, OBJECT, full_document

SLUG = "annotated"
WIDTH, HEIGHT = 1280, 960
OBJECT_COLOUR, FACE_COLOUR = (30, 120, 60), (200, 150, 40)


def make_annotated_galaxy() -> None:
    """Publish it, open to everybody: the first picture is full, of the second nothing was found, the third failed."""
    collection = CollectionFactory(slug=SLUG, visibility="public")
    galaxy = GalaxyFactory(
        collection=collection, slug=SLUG, visibility="public", published_features=PublishedFeature.values
    )
    images = [
        ImageFactory(
            collection=collection, title=title, revision__width=WIDTH, revision__height=HEIGHT, labels={"x": 0.9}
        )
        for title in ("Full", "Empty", "Failed")
    ]
    _draw(images[0])
    keep_answers(images[0], full_document(WIDTH, HEIGHT))
    keep_answers(images[1], {})
    keep_answers(images[2], {}, failed=["FACE_DETECTION"], without=["LOGO_DETECTION", "WEB_DETECTION"])
    BuildFactory(galaxy=galaxy, images=images, n_groups=1)
    publish_galaxy(galaxy)


def _draw(image: Image) -> None:
    """Renditions that show the object and the face as plain rectangles, so that boxes can be held against pixels."""
    picture = Pillow.new("RGB", (WIDTH, HEIGHT), (20, 24, 60))
    pen = ImageDraw.Draw(picture)
    for box, colour in ((OBJECT, OBJECT_COLOUR), (FACE, FACE_COLOUR)):
        left, top, right, bottom = box
        pen.rectangle((left * WIDTH, top * HEIGHT, right * WIDTH - 1, bottom * HEIGHT - 1), fill=colour)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95)
    assert image.current_revision is not None
    for rendition in image.current_revision.renditions.all():
        storages["media"].delete(rendition.storage_name)
        storages["media"].save(rendition.storage_name, io.BytesIO(out.getvalue()))
