"""What publishing would not show to strangers, no other door shows them: not the media door, nor the API, nor the entrance."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from catalog.models import Annotation, Collection, EffectiveLabel, Galaxy, Image, Publication, Visibility
from tests.explorer.world import World, client_of, make_person, make_world
from tests.factories import LabelFactory, keep_answers

pytestmark = pytest.mark.django_db
UNSAFE = {"safeSearchAnnotation": {"adult": "VERY_LIKELY"}}


@dataclass
class Doors:
    """All doors, as one person finds them."""

    world: World
    client: Client

    def showing(self, image: Image) -> set[str]:
        """Those that show the image."""
        api, galaxy = "/api/v1", self.world.galaxy.slug
        found = {
            "media": self.client.get(f"/media/{image.uuid}/small").getvalue().startswith(b"\xff\xd8"),
            "one": self.client.get(f"{api}/images/{image.uuid}/").status_code == 200,
            "document": self.client.get(f"{api}/images/{image.uuid}/document/").status_code == 200,
            "list": any(row["uuid"] == str(image.uuid) for row in self.rows(f"{api}/images/")),
            "of galaxy": any(row["uuid"] == str(image.uuid) for row in self.rows(f"{api}/images/?galaxy={galaxy}")),
            "labelled": any(row["uuid"] == str(image.uuid) for row in self.rows(f"{api}/images/?label=cat")),
            "label": any(row["term"] == "only here" for row in self.rows(f"{api}/labels/")),
            "cover": any(str(image.uuid) in (row["cover"] or "") for row in self.rows(f"{api}/clusters/")),
            "entrance": str(image.uuid) in self.client.get("/").text,
        }
        return {door for door, shows in found.items() if shows}

    def rows(self, address: str) -> Any:
        """Of a list; none where it names a galaxy that the person may not see."""
        return self.client.get(address).json().get("results", [])


ALL = {"media", "one", "document", "list", "of galaxy", "labelled", "label", "cover", "entrance"}


@pytest.fixture
def world() -> World:
    """A public library, published; one picture is its cluster's cover, and the only one with one of its labels."""
    world = make_world(publish_documents=True)
    label = LabelFactory.create(collection=world.collection, term="only here")
    EffectiveLabel.objects.create(image=world.shown, label=label, score=0.9, source="machine")
    world.cluster.cover = world.shown
    world.cluster.save()
    Publication.objects.update(despite_safe_search=False)
    return world


def answer(world: World, document: dict[str, Any]) -> None:
    """Safe search has looked at the picture, and at all others, which are safe."""
    for image in world.collection.images.all():
        keep_answers(image, document if image == world.shown else {})


@pytest.mark.parametrize("who", ["anonymous", "stranger"])
class TestStrangers:
    @pytest.fixture
    def doors(self, world: World, who: str) -> Doors:
        return Doors(world, client_of(make_person(who, world.collection)))

    def test_see_a_picture_that_is_safe(self, doors: Doors, world: World) -> None:
        answer(world, {"safeSearchAnnotation": {"adult": "UNLIKELY"}})
        assert doors.showing(world.shown) == ALL

    def test_see_no_picture_that_is_not_unless_the_galaxy_leaves_none_out(self, doors: Doors, world: World) -> None:
        answer(world, UNSAFE)
        assert doors.showing(world.shown) == set()
        Galaxy.objects.update(hide_unsafe=False)
        assert doors.showing(world.shown) == ALL

    def test_see_none_that_was_not_looked_at_unless_somebody_said_so(self, doors: Doors, world: World) -> None:
        assert doors.showing(world.shown) == set()
        Publication.objects.update(despite_safe_search=True)
        assert doors.showing(world.shown) == ALL

    def test_see_none_of_which_somebody_said_so_in_a_galaxy_that_is_not_theirs(
        self, doors: Doors, world: World
    ) -> None:
        Publication.objects.update(despite_safe_search=True)
        Galaxy.objects.update(visibility=Visibility.PRIVATE)
        assert doors.showing(world.shown) == set()

    def test_are_shown_by_what_was_answered_last(self, doors: Doors, world: World) -> None:
        answer(world, UNSAFE)
        first = Annotation.objects.get(is_unsafe=True)
        Annotation.objects.create(
            sha256=first.sha256,
            annotator="local",
            feature=first.feature,
            model="m2",
            status="answered",
            is_unsafe=False,
        )
        assert doors.showing(world.shown) == ALL
        first.save()  # again, and later
        assert doors.showing(world.shown) == set()

    def test_follow_a_link_to_what_safe_search_need_not_have_seen(self, doors: Doors, world: World) -> None:
        for model in (Collection, Galaxy):
            model.objects.update(visibility=Visibility.LINK)
        assert doors.showing(world.shown) >= {"media", "one"}
        answer(world, UNSAFE)
        assert doors.showing(world.shown) == set()


@pytest.mark.parametrize("document", [None, UNSAFE], ids=["not looked at", "unsafe"])
def test_people_with_a_role_see_everything(world: World, document: dict[str, Any] | None) -> None:
    if document is not None:
        answer(world, document)
    doors = Doors(world, client_of(make_person("contributor", world.collection)))
    # The entrance shows galaxies as they are published, whoever looks.
    assert doors.showing(world.shown) >= ALL - {"entrance"}
