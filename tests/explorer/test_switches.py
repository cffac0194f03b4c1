"""What a galaxy's switches let out, one by one; and that nobody sees what safe search has not looked at, unless a person says so."""

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Galaxy, Image, Job, Occurrence, Publication
from catalog.services.build import build_galaxy
from catalog.services.jobs import run_job
from catalog.services.safe_search import SafeSearchError
from explorer.services import PublishError, publish_galaxy, republish_galaxy
from tests.catalog.admin.conftest import client_as  # noqa: F401  a fixture
from tests.explorer.test_publish import all_details, published
from tests.factories import CollectionFactory, GalaxyFactory, ImageFactory, UserFactory, keep_answers

pytestmark = pytest.mark.django_db


@pytest.fixture
def galaxy() -> Galaxy:
    """Six pictures of cats and snow; everybody may look."""
    galaxy: Galaxy = GalaxyFactory.create(public=True, n_clusters=2)
    for i in range(6):
        ImageFactory.create(
            collection=galaxy.collection,
            title=f"Picture {i}",
            labels={["cat", "snow"][i % 2]: 0.9},
            taken_at="1923-05",
            place="Old Town, Prague",
            revision__metadata={"camera": "Leica I", "latitude": 50.087, "longitude": 14.421},
        )
    build_galaxy(galaxy)
    return galaxy


def look_at(images: list[Image], **likelihoods: str) -> None:
    """Safe search looks at these pictures; what it says is LIKELY and so on."""
    for image in images:
        keep_answers(image, {"safeSearchAnnotation": likelihoods})


def images_of(galaxy: Galaxy) -> list[Image]:
    return list(galaxy.collection.images.select_related("current_revision", "collection").order_by("pk"))


def titles(galaxy: Galaxy) -> set[str]:
    return {details["title"] for details in all_details(galaxy).values()}


class TestSwitches:
    def test_all_are_off_in_the_beginning(self, galaxy: Galaxy) -> None:
        image = images_of(galaxy)[0]
        Occurrence.objects.create(
            collection=galaxy.collection, image=image, source="s", location="l", external_id="INV 7"
        )
        publish_galaxy(galaxy, despite_safe_search=True)
        told = all_details(galaxy)[str(image.uuid)]
        assert not {"taken_at", "place", "camera", "external_ids", "document"} & set(told)

    def test_exif_is_the_date_the_place_in_words_and_the_camera(self, galaxy: Galaxy) -> None:
        galaxy.publish_exif = True
        publish_galaxy(galaxy, despite_safe_search=True)
        told = next(iter(all_details(galaxy).values()))
        assert (told["taken_at"], told["place"], told["camera"]) == ("1923-05", "Old Town, Prague", "Leica I")
        assert "50.08" not in str(told)

    def test_external_ids_are_the_librarys_own_numbers_without_the_path(self, galaxy: Galaxy) -> None:
        galaxy.publish_external_ids = True
        image = images_of(galaxy)[0]
        for number, location in (("INV 7", "shelf/7.jpg"), ("", "copy/7.jpg")):
            Occurrence.objects.create(
                collection=galaxy.collection, image=image, source="s", location=location, external_id=number
            )
        publish_galaxy(galaxy, despite_safe_search=True)
        details = all_details(galaxy)
        assert details[str(image.uuid)]["external_ids"] == ["INV 7"]
        assert "shelf" not in str(details)

    @pytest.mark.parametrize("switch", ["publish_exif", "publish_external_ids", "publish_documents", "allow_downloads"])
    def test_turning_one_makes_another_publication(self, galaxy: Galaxy, switch: str) -> None:
        publish_galaxy(galaxy, despite_safe_search=True)
        setattr(galaxy, switch, True)
        galaxy.save()
        assert publish_galaxy(galaxy, despite_safe_search=True).created


class TestSafeSearch:
    def test_everybody_sees_nothing_at_which_it_has_not_looked(self, galaxy: Galaxy) -> None:
        look_at(images_of(galaxy)[:4], adult="VERY_UNLIKELY")
        with pytest.raises(SafeSearchError, match="has not looked at 2") as caught:
            publish_galaxy(galaxy)
        assert "SAFE_SEARCH_DETECTION" in str(caught.value) and "--despite-safe-search" in str(caught.value)
        assert not Publication.objects.exists()
        look_at(images_of(galaxy)[4:], adult="VERY_UNLIKELY")
        assert publish_galaxy(galaxy).publication.n_images == 6

    def test_where_it_failed_it_has_not_looked(self, galaxy: Galaxy) -> None:
        first, *others = images_of(galaxy)
        look_at(others)
        keep_answers(first, {}, failed=["SAFE_SEARCH_DETECTION"])
        with pytest.raises(SafeSearchError, match="has not looked at 1"):
            publish_galaxy(galaxy)

    def test_hidden_pictures_need_no_look(self, galaxy: Galaxy) -> None:
        first, *others = images_of(galaxy)
        look_at(others)
        Image.objects.filter(pk=first.pk).update(hidden=True)
        assert publish_galaxy(galaxy).publication.n_images == 5

    @pytest.mark.parametrize(("of_galaxy", "of_collection"), [("link", "public"), ("public", "private")])
    def test_what_not_everybody_sees_may_be_published_before(
        self, galaxy: Galaxy, of_galaxy: str, of_collection: str
    ) -> None:
        galaxy.visibility = of_galaxy
        galaxy.collection.visibility = of_collection
        assert publish_galaxy(galaxy).created

    def test_a_person_may_say_so_and_it_is_kept_who_it_was(self, galaxy: Galaxy) -> None:
        somebody = UserFactory.create()
        publication = publish_galaxy(galaxy, by=somebody, despite_safe_search=True).publication
        assert (publication.despite_safe_search, publication.published_by) == (True, somebody)

    def test_it_may_be_said_of_what_is_published_already(self, galaxy: Galaxy) -> None:
        galaxy.visibility = "private"
        galaxy.save()
        publish_galaxy(galaxy)
        somebody = UserFactory.create()
        result = publish_galaxy(galaxy, by=somebody, despite_safe_search=True)
        publication = Publication.objects.get()
        assert not result.created
        assert (publication.despite_safe_search, publication.published_by) == (True, somebody)

    def test_what_was_said_does_not_cover_a_picture_that_is_shown_again_since(self, galaxy: Galaxy) -> None:
        first = Image.objects.filter(pk=images_of(galaxy)[0].pk)
        first.update(hidden=True)
        publish_galaxy(galaxy, despite_safe_search=True)
        first.update(hidden=False)
        with pytest.raises(SafeSearchError):
            republish_galaxy(galaxy)
        assert titles(galaxy) == {f"Picture {i}" for i in range(1, 6)}
        look_at(images_of(galaxy)[:1], adult="UNLIKELY")
        republish_galaxy(galaxy)
        assert titles(galaxy) == {f"Picture {i}" for i in range(6)}

    def test_what_was_said_holds_when_later_answers_are_republished(self, galaxy: Galaxy) -> None:
        publish_galaxy(galaxy, despite_safe_search=True)
        images_of(galaxy)[0].effective_labels.all().delete()
        result = republish_galaxy(galaxy)
        assert result is not None and result.created and result.publication.despite_safe_search

    def test_the_command_and_the_action_say_so_in_plain_sight(self, galaxy: Galaxy, client_as) -> None:  # noqa: F811
        collection = galaxy.collection
        with pytest.raises(CommandError, match="has not looked at 6"):
            call_command("publish_galaxy", "--collection", collection.slug)
        call_command("publish_galaxy", "--collection", collection.slug, "--despite-safe-search")
        Publication.objects.update(despite_safe_search=False)

        curator = client_as("curator", collection)
        chosen = {"action": "publish_despite_safe_search", "_selected_action": [galaxy.pk]}
        curator.post("/admin/catalog/galaxy/", chosen)
        job = Job.objects.get(kind="publish_galaxy")
        run_job(job.uuid, worker="test")
        job.refresh_from_db()
        assert job.status == "succeeded"
        assert Publication.objects.get().published_by == job.created_by


class TestUnsafe:
    @pytest.mark.parametrize("kind", ["adult", "violence", "racy"])
    def test_what_is_likely_not_safe_is_left_out_and_counted(self, galaxy: Galaxy, kind: str) -> None:
        first, second, *others = images_of(galaxy)
        look_at([first], **{kind: "LIKELY"})
        look_at([second], **{kind: "POSSIBLE"})
        look_at(others, medical="VERY_LIKELY", spoof="VERY_LIKELY")
        galaxy.clusters.update(cover=first)
        result = publish_galaxy(galaxy)
        assert result.as_json()["n_unsafe"] == 1
        assert titles(galaxy) == {f"Picture {i}" for i in range(1, 6)}
        assert str(first.uuid) not in str(published(galaxy).manifest.to_json())

    def test_a_galaxy_may_show_it(self, galaxy: Galaxy) -> None:
        look_at(images_of(galaxy), adult="VERY_LIKELY")
        with pytest.raises(PublishError, match="not safe for everybody"):
            publish_galaxy(galaxy)
        galaxy.hide_unsafe = False
        result = publish_galaxy(galaxy)
        assert (result.publication.n_images, result.n_unsafe) == (6, 0)

    def test_only_those_shown_are_thanked(self) -> None:
        galaxy = GalaxyFactory.create(collection=CollectionFactory.create(), n_clusters=1)
        for name, adult in (("Ada", "UNLIKELY"), ("Bob", "VERY_LIKELY")):
            look_at([ImageFactory.create(collection=galaxy.collection, creator=name, labels={"cat": 0.9})], adult=adult)
        build_galaxy(galaxy)
        publish_galaxy(galaxy)
        assert [credit.text for credit in published(galaxy).manifest.credits] == ["Ada"]
