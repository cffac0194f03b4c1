"""A small published library for the doors' tests, and the people who come to it."""

import json
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client

from catalog.models import Build, Cluster, Collection, Galaxy, Image, Publication, Role, Visibility
from tests.factories import (
    BuildFactory,
    CollectionFactory,
    GalaxyFactory,
    ImageFactory,
    MembershipFactory,
    UserFactory,
)

OBJECT = "objects/0123456789abcdef0123456789abcdef.bin"
PEOPLE = ("anonymous", "stranger", "viewer", "contributor", "curator", "owner", "superuser")


@dataclass(frozen=True)
class World:
    """A collection of four images, one of them hidden, shown by a galaxy with two clusters, one of them hidden."""

    collection: Collection
    galaxy: Galaxy
    build: Build
    shown: Image
    hidden: Image
    cluster: Cluster
    hidden_cluster: Cluster


def make_world(visibility: str = Visibility.PUBLIC, *, publish_documents: bool = False) -> World:
    """The library, open to whom `visibility` says, published."""
    collection = CollectionFactory(visibility=visibility, slug="museum")
    galaxy = GalaxyFactory(
        collection=collection, visibility=visibility, slug="sky", publish_documents=publish_documents
    )
    # Dealt to two groups in turn: the first and third image are in the first cluster.
    images = [
        ImageFactory(collection=collection, title=f"Picture {n}", hidden=n == 3, labels={"cat": 0.9, "animal": 0.95})
        for n in range(4)
    ]
    build = BuildFactory(galaxy=galaxy, images=images)
    cluster, hidden_cluster = (group.cluster for group in build.groups.order_by("number"))
    hidden_cluster.hidden = True
    hidden_cluster.save()
    publish(galaxy, build)
    return World(collection, galaxy, build, images[0], images[3], cluster, hidden_cluster)


def publish(galaxy: Galaxy, build: Build, *, despite_safe_search: bool = True) -> Publication:
    """Make the build current, with a pointer and one object that a door can hand out."""
    publication = Publication.objects.create(
        galaxy=galaxy,
        build=build,
        format_version=1,
        content_fingerprint="0" * 64,
        manifest_name=OBJECT,
        n_images=build.n_images,
        size_bytes=5,
        despite_safe_search=despite_safe_search,
    )
    galaxy.current_publication = publication
    galaxy.save()
    pointer = {"format": "galaxy-pointer", "version": 1, "manifest": OBJECT}
    storages["galaxies"].save(f"{galaxy.uuid}/current.json", ContentFile(json.dumps(pointer).encode()))
    storages["galaxies"].save(f"{galaxy.uuid}/{OBJECT}", ContentFile(b"stars"))
    return publication


def make_person(kind: str, collection: Collection) -> User | None:
    """One of PEOPLE; None is anonymous."""
    if kind == "anonymous":
        return None
    user: User = UserFactory(is_superuser=kind == "superuser")
    if kind in Role.values:
        MembershipFactory(collection=collection, user=user, role=kind)
    return user


def client_of(user: User | None) -> Client:
    """A browser in which that person is logged in."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client
