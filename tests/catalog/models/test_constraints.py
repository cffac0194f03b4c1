"""The tables refuse what cannot be true, whoever writes to them."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import (
    Annotation,
    Change,
    Cluster,
    Decision,
    EffectiveLabel,
    Galaxy,
    Job,
    Label,
    MachineLabel,
    Membership,
    Occurrence,
    Pin,
    Position,
    Revision,
)
from tests.factories import (
    BuildFactory,
    ClusterFactory,
    CollectionFactory,
    GalaxyFactory,
    ImageFactory,
    LabelFactory,
    RevisionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

SHA = "a" * 64


def two_annotations_of_the_same_bytes() -> None:
    for _ in range(2):
        Annotation.objects.create(sha256=SHA, annotator="local", feature="LABEL_DETECTION", model="m/1")


def a_failed_annotation_without_a_reason() -> None:
    Annotation.objects.create(sha256=SHA, annotator="local", feature="LABEL_DETECTION", model="m/1", status="failed")


def two_images_with_one_number_of_the_library() -> None:
    collection = CollectionFactory.create()
    for location in ("a.jpg", "b.jpg"):
        image = ImageFactory.create(collection=collection, renditions=False)
        Occurrence.objects.create(collection=collection, image=image, source="s", location=location, external_id="T-1")


def one_place_found_twice() -> None:
    image = ImageFactory.create(renditions=False)
    for _ in range(2):
        Occurrence.objects.create(collection=image.collection, image=image, source="s", location="a.jpg")


def a_revision_without_pixels() -> None:
    RevisionFactory.create(width=0)


def two_revisions_of_one_number() -> None:
    image = ImageFactory.create(renditions=False)
    Revision.objects.create(
        image=image, number=1, sha256=SHA, size_bytes=1, format="PNG", width=1, height=1, mean_colour=0
    )


def a_machine_more_than_sure() -> None:
    image = ImageFactory.create(renditions=False)
    MachineLabel.objects.create(
        image=image, label=LabelFactory.create(collection=image.collection), score=1.5, source="local"
    )


def a_person_half_sure() -> None:
    image = ImageFactory.create(renditions=False)
    EffectiveLabel.objects.create(
        image=image, label=LabelFactory.create(collection=image.collection), score=0.5, source="decision"
    )


def two_verdicts_on_one_label_in_one_change() -> None:
    image = ImageFactory.create(renditions=False)
    label = LabelFactory.create(collection=image.collection)
    change = Change.objects.create(collection=image.collection, made_by=UserFactory.create())
    for verdict in ("accept", "reject"):
        Decision.objects.create(change=change, image=image, label=label, verdict=verdict)


def a_verdict_nobody_knows() -> None:
    image = ImageFactory.create(renditions=False)
    change = Change.objects.create(collection=image.collection)
    label = LabelFactory.create(collection=image.collection)
    Decision.objects.create(change=change, image=image, label=label, verdict="maybe")


def a_label_that_is_its_own_alias() -> None:
    label = LabelFactory.create()
    Label.objects.filter(pk=label.pk).update(alias_of=label)


def two_spellings_as_two_labels() -> None:
    collection = CollectionFactory.create()
    for term in ("Cat", "CAT"):
        Label.objects.create(collection=collection, term=term, key="cat")


def two_roles_of_one_person() -> None:
    collection, user = CollectionFactory.create(), UserFactory.create()
    for role in ("owner", "viewer"):
        Membership.objects.create(collection=collection, user=user, role=role)


def a_visibility_nobody_knows() -> None:
    CollectionFactory.create(visibility="friends")


def a_galaxy_of_no_clusters() -> None:
    Galaxy.objects.create(collection=CollectionFactory.create(), slug="g", title="G", n_clusters=0)


def two_clusters_of_one_name() -> None:
    galaxy = GalaxyFactory.create()
    for _ in range(2):
        ClusterFactory.create(galaxy=galaxy, name="cat")


def a_cluster_without_a_colour() -> None:
    Cluster.objects.create(galaxy=GalaxyFactory.create(), name="cat", colour="red")


def an_image_in_two_places_of_one_build() -> None:
    position = Position.objects.filter(build=BuildFactory.create()).first()
    Position.objects.create(build=position.build, image=position.image, group=position.group, x=0, y=0, z=0)


def an_image_pinned_to_two_clusters() -> None:
    galaxy = GalaxyFactory.create()
    image = ImageFactory.create(collection=galaxy.collection, renditions=False)
    for _ in range(2):
        Pin.objects.create(galaxy=galaxy, cluster=ClusterFactory.create(galaxy=galaxy), image=image)


def a_running_job_without_a_lease() -> None:
    Job.objects.create(kind="k", status="running")


def a_failed_job_without_a_reason() -> None:
    Job.objects.create(kind="k", status="failed", finished_at=timezone.now())


def an_ended_job_without_an_end() -> None:
    Job.objects.create(kind="k", status="succeeded")


IMPOSSIBLE: list[Callable[[], None]] = [
    two_annotations_of_the_same_bytes,
    a_failed_annotation_without_a_reason,
    two_images_with_one_number_of_the_library,
    one_place_found_twice,
    a_revision_without_pixels,
    two_revisions_of_one_number,
    a_machine_more_than_sure,
    a_person_half_sure,
    two_verdicts_on_one_label_in_one_change,
    a_verdict_nobody_knows,
    a_label_that_is_its_own_alias,
    two_spellings_as_two_labels,
    two_roles_of_one_person,
    a_visibility_nobody_knows,
    a_galaxy_of_no_clusters,
    two_clusters_of_one_name,
    a_cluster_without_a_colour,
    an_image_in_two_places_of_one_build,
    an_image_pinned_to_two_clusters,
    a_running_job_without_a_lease,
    a_failed_job_without_a_reason,
    an_ended_job_without_an_end,
]


@pytest.mark.parametrize("write", IMPOSSIBLE, ids=lambda write: write.__name__)
def test_the_database_refuses(write: Callable[[], None]):
    with pytest.raises(IntegrityError), transaction.atomic():
        write()
