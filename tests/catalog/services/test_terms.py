"""Renaming and merging labels: what the library calls things outlives every annotation, and can be taken back."""

import pytest
from django.contrib.auth.models import User

from catalog.models import Change, Collection, Image, Label
from catalog.services import changes
from catalog.services.decide import start_undo
from catalog.services.errors import ServiceError
from catalog.services.jobs import run_job
from catalog.services.labels import LabelScore, write_machine_labels
from catalog.services.terms import find_label, merge_labels, rename_label
from tests.factories import CollectionFactory, ImageFactory, LabelFactory, MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create(min_score=0.3)


@pytest.fixture
def curator(collection: Collection) -> User:
    person: User = MembershipFactory.create(collection=collection).user
    return person


@pytest.fixture
def image(collection: Collection) -> Image:
    image: Image = ImageFactory.create(collection=collection, renditions=False)
    say(image, cat=0.9, kitty=0.8)
    return image


def say(image: Image, source: str = "local", **scores: float) -> None:
    labels = [LabelScore(term.replace("_", " "), score) for term, score in scores.items()]
    write_machine_labels(image.collection, source=source, labels_by_image={image.pk: labels})


def holds(image: Image) -> dict[str, float]:
    return {row.label.term: row.score for row in image.effective_labels.select_related("label")}


def label_number(image: Image) -> int:
    image.refresh_from_db()
    return image.label_change_number


class TestRename:
    def test_the_label_is_called_so_and_whoever_says_the_old_term_means_it(self, image: Image, curator: User) -> None:
        cat, before = find_label(image.collection, "cat"), label_number(image)

        change = rename_label(cat, term="House  cat", by=curator, reason="We say so.")

        assert (change.kind, change.n_images, change.complete) == ("rename", 1, True)
        assert holds(image) == {"House cat": 0.9, "kitty": 0.8}
        assert find_label(image.collection, "house cat").pk == cat.pk, "it is the same label"
        assert label_number(image) > before, "another word is another place on the map"
        later = ImageFactory.create(collection=image.collection, renditions=False)
        say(later, cat=0.7)
        assert holds(later) == {"House cat": 0.7}

    def test_undone_it_is_called_as_before_also_where_machines_spoke_meanwhile(
        self, image: Image, curator: User
    ) -> None:
        cat = find_label(image.collection, "cat")
        change = rename_label(cat, term="House cat", by=curator)
        later = ImageFactory.create(collection=image.collection, renditions=False)
        say(later, cat=0.7)

        start_undo(change, by=curator)

        assert holds(image) == {"cat": 0.9, "kitty": 0.8}
        assert holds(later) == {"cat": 0.7}
        assert not Label.objects.filter(key="house cat").exists()
        say(later, house_cat=0.6)
        assert holds(later) == {"house cat": 0.6}, "it means nothing else any more"

    def test_only_the_spelling(self, image: Image, curator: User) -> None:
        change = rename_label(find_label(image.collection, "cat"), term="Cat", by=curator)
        assert set(holds(image)) == {"Cat", "kitty"} and not Label.objects.filter(alias_of__isnull=False).exists()
        start_undo(change, by=curator)
        assert set(holds(image)) == {"cat", "kitty"}

    def test_there_and_back_again_and_all_undone(self, image: Image, curator: User) -> None:
        cat = find_label(image.collection, "cat")
        there = rename_label(cat, term="feline", by=curator)
        back = rename_label(find_label(image.collection, "feline"), term="cat", by=curator)
        assert set(holds(image)) == {"cat", "kitty"}
        with pytest.raises(ServiceError, match=r"feline was renamed to cat since"):
            start_undo(there, by=curator)
        start_undo(back, by=curator)
        assert set(holds(image)) == {"feline", "kitty"}
        there.refresh_from_db()
        assert there.undone_at is None, "what was refused is not half done"
        start_undo(there, by=curator)
        assert set(holds(image)) == {"cat", "kitty"}
        assert set(Label.objects.values_list("key", "alias_of")) == {("cat", None), ("kitty", None)}

    @pytest.mark.parametrize(
        ("term", "message"),
        [
            ("Kitty", "is a label of its own. Merge cat into it instead"),
            ("cat", "which it is called already"),
            (" ", "Expected a term of 1 to 200 characters"),
            ("x" * 201, "Expected a term of 1 to 200 characters"),
        ],
    )
    def test_a_term_that_cannot_be_is_refused(self, image: Image, curator: User, term: str, message: str) -> None:
        with pytest.raises(ServiceError, match=message):
            rename_label(find_label(image.collection, "cat"), term=term, by=curator)
        assert set(holds(image)) == {"cat", "kitty"} and not Change.objects.exists()

    def test_what_counts_as_another_label_has_no_name_to_change(self, image: Image, curator: User) -> None:
        cat, kitty = find_label(image.collection, "cat"), find_label(image.collection, "kitty")
        merge_labels(cat, [kitty], by=curator)
        with pytest.raises(ServiceError, match="kitty was renamed or merged into cat"):
            rename_label(kitty, term="tom", by=curator)

    def test_undoing_is_refused_where_the_old_term_is_somebody_elses_by_now(self, image: Image, curator: User) -> None:
        change = rename_label(find_label(image.collection, "cat"), term="feline", by=curator)
        Label.objects.filter(key="cat").update(alias_of=None)
        with pytest.raises(ServiceError, match="cat is a label of its own by now"):
            start_undo(change, by=curator)


class TestMerge:
    def test_merged_labels_are_one_now_and_after_the_next_annotation_and_apart_when_undone(
        self, image: Image, curator: User
    ) -> None:
        cat, kitty = find_label(image.collection, "cat"), find_label(image.collection, "kitty")
        other = ImageFactory.create(collection=image.collection, renditions=False)
        say(other, kitty=0.6)
        unmeant = ImageFactory.create(collection=image.collection, renditions=False)
        say(unmeant, cat=0.5)
        before = label_number(unmeant)

        change, job = merge_labels(cat, [kitty, cat], by=curator)

        assert job is None and (change.kind, change.n_images) == ("merge", 2)
        assert (holds(image), holds(other)) == ({"cat": 0.9}, {"cat": 0.6})
        assert label_number(unmeant) == before
        later = ImageFactory.create(collection=image.collection, renditions=False)
        say(later, kitty=0.7)
        assert holds(later) == {"cat": 0.7}

        start_undo(change, by=curator)

        assert holds(image) == {"cat": 0.9, "kitty": 0.8}
        assert (holds(other), holds(later)) == ({"kitty": 0.6}, {"kitty": 0.7})

    def test_many_images_are_a_job(self, image: Image, curator: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(changes, "MAX_AT_ONCE", 0)
        cat, kitty = find_label(image.collection, "cat"), find_label(image.collection, "kitty")
        change, job = merge_labels(cat, [kitty], by=curator)
        assert job is not None and not change.complete
        run_job(job.uuid, worker="test")
        assert holds(image) == {"cat": 0.9}

    def test_circles_and_chains_are_refused_with_what_to_do(self, image: Image, curator: User) -> None:
        cat, kitty = find_label(image.collection, "cat"), find_label(image.collection, "kitty")
        merge_labels(cat, [kitty], by=curator)
        for into, other in ((kitty, cat), (LabelFactory.create(collection=image.collection, term="tom"), kitty)):
            with pytest.raises(ServiceError, match=r"kitty counts as cat already\. Merge cat instead"):
                merge_labels(into, [other], by=curator)

    def test_a_target_may_be_merged_further_and_undone_on_its_own(self, image: Image, curator: User) -> None:
        cat, kitty = find_label(image.collection, "cat"), find_label(image.collection, "kitty")
        animal = LabelFactory.create(collection=image.collection, term="animal")
        merge_labels(cat, [kitty], by=curator)
        further, _job = merge_labels(animal, [cat], by=curator)
        assert holds(image) == {"animal": 0.9}
        start_undo(further, by=curator)
        assert holds(image) == {"cat": 0.9}

    def test_nothing_to_merge_and_strangers_are_refused(self, image: Image, curator: User) -> None:
        cat = find_label(image.collection, "cat")
        with pytest.raises(ServiceError, match="Expected 1 to 100 other labels"):
            merge_labels(cat, [cat], by=curator)
        with pytest.raises(ServiceError, match="got some of another one"):
            merge_labels(cat, [LabelFactory.create()], by=curator)


def test_an_unknown_term_is_said_to_be_one(collection: Collection) -> None:
    with pytest.raises(ServiceError, match="There is no label 'unicorn'"):
        find_label(collection, "unicorn")
