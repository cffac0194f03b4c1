"""What people decided outlives re-import, a new revision, re-annotation and a rebuild."""

import pytest

from catalog.importers import Candidate
from catalog.models import Galaxy, Image, Label
from catalog.search.selection import Selection
from catalog.services.build import build_galaxy
from catalog.services.build_input import read_input
from catalog.services.decide import start_decisions, start_hiding
from catalog.services.ingest import import_images
from catalog.services.labels import LabelScore, write_machine_labels
from catalog.services.terms import find_label, merge_labels, rename_label
from tests.factories import CollectionFactory, GalaxyFactory, UserFactory
from tests.pictures import picture_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def galaxy() -> Galaxy:
    """A galaxy of twelve imported pictures of cats, in which machines also see a kitty and a dog."""
    made: Galaxy = GalaxyFactory.create(collection=CollectionFactory.create(min_score=0.3), n_clusters=2)
    bring(made, version=0)
    annotate(made)
    return made


def bring(galaxy: Galaxy, *, version: int) -> None:
    """Import all pictures; another version has other bytes."""
    offered = [
        Candidate(
            location=f"{number}.jpg",
            fingerprint=str(version),
            read=lambda number=number: picture_bytes(number + 100 * version),  # type: ignore[misc]
        )
        for number in range(12)
    ]
    import_images(galaxy.collection, offered, source="test")


def annotate(galaxy: Galaxy) -> None:
    said = [LabelScore("cat", 0.9), LabelScore("kitty", 0.8), LabelScore("dog", 0.7)]
    ids = galaxy.collection.images.values_list("pk", flat=True)
    write_machine_labels(galaxy.collection, source="local", labels_by_image=dict.fromkeys(ids, said))


def terms_of(image: Image) -> set[str]:
    return set(image.effective_labels.values_list("label__term", flat=True))


def test_decisions_renaming_merging_and_hiding_hold_whatever_is_done_again(galaxy: Galaxy) -> None:
    collection, by = galaxy.collection, UserFactory.create(admin=True)
    first, second = collection.images.order_by("pk")[:2]
    one, two = (Selection(collection.pk, uuids=(image.uuid,)) for image in (first, second))
    start_decisions(collection, selection=one, verdicts=[("dog", "reject"), ("fox", "add")], by=by)
    start_hiding(collection, selection=two, hidden=True, by=by)
    merge_labels(find_label(collection, "cat"), [find_label(collection, "kitty")], by=by)
    rename_label(find_label(collection, "cat"), term="House cat", by=by)

    bring(galaxy, version=0)
    bring(galaxy, version=1)
    annotate(galaxy)
    assert build_galaxy(galaxy).created

    first.refresh_from_db()
    assert first.current_revision is not None and first.current_revision.number == 2
    assert terms_of(first) == {"House cat", "fox"}
    assert terms_of(second) == {"House cat", "dog"} and Image.objects.get(pk=second.pk).hidden
    assert set(read_input(galaxy).rows.terms) == {"House cat", "fox", "dog"}, "which is what a build reads"
    assert set(Label.objects.filter(alias_of__term="House cat").values_list("term", flat=True)) == {"cat", "kitty"}
