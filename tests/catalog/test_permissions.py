"""The one policy, as a table: who may do what, before any door asks it."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from catalog.models import Collection, Galaxy, Image, Job, Label, Visibility
from catalog.permissions import User, Verb, can, permitted, require
from tests.factories import (
    ClusterFactory,
    CollectionFactory,
    GalaxyFactory,
    ImageFactory,
    JobFactory,
    MembershipFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def person(who: str, collection: Collection) -> User:
    """Somebody by what they are to the collection."""
    if who == "anonymous":
        return AnonymousUser()
    if who == "superuser":
        return UserFactory.create(admin=True)
    user = UserFactory.create()
    if who == "owner of another":
        MembershipFactory.create(user=user, role="owner")
    elif who != "stranger":
        MembershipFactory.create(user=user, collection=collection, role=who)
    return user


#                       view   contribute curate manage
PRIVATE = {
    "anonymous": (False, False, False, False),
    "stranger": (False, False, False, False),
    "owner of another": (False, False, False, False),
    "viewer": (True, False, False, False),
    "contributor": (True, True, False, False),
    "curator": (True, True, True, False),
    "owner": (True, True, True, True),
    "superuser": (True, True, True, True),
}


@pytest.mark.parametrize("who", PRIVATE)
def test_roles_in_a_private_collection(who: str):
    collection = CollectionFactory.create()
    user = person(who, collection)

    assert tuple(can(user, verb, collection) for verb in Verb) == PRIVATE[who]
    image = ImageFactory.create(collection=collection, renditions=False)
    assert tuple(can(user, verb, image) for verb in Verb) == PRIVATE[who]


@pytest.mark.parametrize(
    ("visibility", "by_link", "seen"),
    [
        (Visibility.PRIVATE, False, False),
        (Visibility.PRIVATE, True, False),
        (Visibility.LINK, False, False),
        (Visibility.LINK, True, True),
        (Visibility.PUBLIC, False, True),
        (Visibility.PUBLIC, True, True),
    ],
)
def test_what_anybody_sees_and_that_it_is_all_they_may_do(visibility: str, by_link: bool, seen: bool):
    collection = CollectionFactory.create(visibility=visibility)
    image = ImageFactory.create(collection=collection, renditions=False, labels={"cat": 0.9}, safe=True)
    galaxy = GalaxyFactory.create(collection=collection, visibility=visibility)
    cluster = ClusterFactory.create(galaxy=galaxy)

    for thing in (collection, image, galaxy, cluster, Label.objects.get()):
        assert can(AnonymousUser(), Verb.VIEW, thing, by_link=by_link) is seen, thing
        for verb in (Verb.CONTRIBUTE, Verb.CURATE, Verb.MANAGE):
            assert not can(AnonymousUser(), verb, thing, by_link=by_link)


def test_a_galaxy_is_never_more_visible_than_its_collection():
    galaxy = GalaxyFactory.create(collection=CollectionFactory.create(), visibility=Visibility.PUBLIC)

    assert not can(AnonymousUser(), Verb.VIEW, galaxy, by_link=True)


def test_hidden_images_and_their_labels_are_for_roles_only():
    collection = CollectionFactory.create(public=True)
    hidden = ImageFactory.create(collection=collection, hidden=True, renditions=False, labels={"secret": 0.9})
    viewer = person("viewer", collection)

    assert not can(AnonymousUser(), Verb.VIEW, hidden, by_link=True)
    assert not permitted(AnonymousUser(), Verb.VIEW, Label.objects.all()).exists()
    assert can(viewer, Verb.VIEW, hidden)
    assert permitted(viewer, Verb.VIEW, Label.objects.all()).exists()


def test_jobs_are_for_those_who_contribute_however_public_the_collection():
    collection = CollectionFactory.create(public=True)
    JobFactory.create(collection=collection)

    seen = {who: permitted(person(who, collection), Verb.VIEW, Job.objects.all()).exists() for who in PRIVATE}
    assert [who for who, sees in seen.items() if sees] == ["contributor", "curator", "owner", "superuser"]


def test_inactive_people_may_nothing():
    collection = CollectionFactory.create()
    owner = person("owner", collection)
    owner.is_active = False
    owner.save()

    assert not can(owner, Verb.VIEW, collection)
    root = UserFactory.create(admin=True, is_active=False)
    assert not can(root, Verb.VIEW, collection)


def test_require_says_what_was_missing():
    with pytest.raises(PermissionDenied, match="You may not curate this collection"):
        require(AnonymousUser(), Verb.CURATE, CollectionFactory.create(public=True))


def test_lists_hold_what_one_may_see_and_nothing_else():
    public, private = CollectionFactory.create(public=True), CollectionFactory.create()
    for collection in (public, private):
        GalaxyFactory.create(collection=collection, visibility=Visibility.PUBLIC)
        ImageFactory.create(collection=collection, renditions=False, safe=True)

    assert permitted(AnonymousUser(), Verb.VIEW, Image.objects.all()).get().collection == public
    assert permitted(AnonymousUser(), Verb.VIEW, Galaxy.objects.all()).get().collection == public
    assert permitted(person("viewer", private), Verb.VIEW, Image.objects.all()).count() == 2
