"""A small galaxy, built, to be published."""

import pytest

from catalog.models import Galaxy
from catalog.services.build import build_galaxy
from tests.factories import GalaxyFactory, ImageFactory


@pytest.fixture
def galaxy() -> Galaxy:
    """Twelve pictures of cats and snow in a galaxy that everybody may see."""
    galaxy: Galaxy = GalaxyFactory.create(public=True, slug="sky", title="Cats & snow", n_clusters=2)
    for i in range(12):
        ImageFactory.create(collection=galaxy.collection, labels={["cat", "snow"][i % 2]: 0.9})
    build_galaxy(galaxy)
    return galaxy
