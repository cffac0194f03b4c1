"""Who may do what with what, at every door: one table, and every cell of it tried."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from catalog.models import Batch, Collection, Galaxy, Role, Scope, Visibility
from catalog.services.api_keys import create_api_key
from tests.catalog.admin.world import Library, make_library
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

VIEWER, CONTRIBUTOR, CURATOR, OWNER = Role.VIEWER, Role.CONTRIBUTOR, Role.CURATOR, Role.OWNER
ROLES = [VIEWER, CONTRIBUTOR, CURATOR, OWNER]  # each may do what the ones before it may


@dataclass(frozen=True)
class Deed:
    """One cell of the table: at which door, what, and which role is the least that may; for keys, which scope it takes besides."""

    address: str
    least: str
    scope: str = "read"
    method: str = "GET"
    body: dict[str, Any] = field(default_factory=dict)
    public: bool = False
    """Whether everybody may, where the collection is public."""
    reads_first: bool = False
    """Whether a key needs the scope read, too: what the deed takes depends on what is found."""

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


def post(address: str, least: str, scope: str = "write", method: str = "POST", **body: Any) -> Deed:
    """Something that is written by the API."""
    return Deed(f"/api/v1/{address}", least, scope, method, body)


def get(address: str, least: str, *, public: bool = False) -> Deed:
    """Something that is read by the API."""
    return Deed(f"/api/v1/{address}", least, public=public)


REJECT_CAT = [{"term": "cat", "verdict": "reject"}]

# What is in braces is taken from the library that the test makes.
API = [
    # object: collection
    get("collections/{collection}/", VIEWER, public=True),
    get("collections/{collection}/changes/", VIEWER),
    get("search/?collection={collection}&q=cat", VIEWER),
    get("facets/?collection={collection}", VIEWER),
    get("export/?collection={collection}&format=csv", CONTRIBUTOR),
    post("batches/", CONTRIBUTOR, collection="{collection}", items=[{"url": "https://example.org/a.jpg"}]),
    post("collections/{collection}/annotate/", CURATOR, "annotate"),
    # object: image
    get("images/{image}/", VIEWER, public=True),
    get("images/{image}/document/", CONTRIBUTOR),
    get("images/by-external-id/?collection={collection}&id=X-17", VIEWER),
    get("images/{image}/similar/", VIEWER),
    post("images/{image}/", CURATOR, method="PATCH", title="Another"),
    post("images/{image}/", OWNER, method="DELETE"),
    # object: label
    post("changes/", CURATOR, collection="{collection}", images=["{image}"], decisions=REJECT_CAT),
    post("labels/rename/", CURATOR, collection="{collection}", term="cat", new_term="tomcat"),
    post("labels/merge/", CURATOR, collection="{collection}", into="cat", others=["thing 1"]),
    post("taught/", CURATOR, collection="{collection}", term="cat"),
    # object: change
    get("changes/{change}/", CONTRIBUTOR),
    post("changes/{change}/undo/", CURATOR),
    # object: galaxy
    get("galaxies/{galaxy}/", VIEWER, public=True),
    get("galaxies/{galaxy}/builds/", CONTRIBUTOR),
    post("galaxies/", CURATOR, collection="{collection}", slug="another", title="Another"),
    post("galaxies/{galaxy}/", CURATOR, method="PATCH", title="Another"),
    post("galaxies/{galaxy}/", OWNER, method="PATCH", visibility="link"),
    post("galaxies/{galaxy}/build/", CURATOR),
    post("galaxies/{galaxy}/dry-run/", CURATOR),
    post("galaxies/{galaxy}/publish/", CURATOR, "publish"),
    post("galaxies/{galaxy}/roll-back/", CURATOR, "publish", publication="{publication}"),
    # object: cluster
    get("clusters/{cluster}/", VIEWER, public=True),
    post("clusters/{cluster}/", CURATOR, method="PATCH", name="Another"),
    post("clusters/{cluster}/pin/", CURATOR, images=["{image}"]),
    # object: job
    get("jobs/{job}/", CONTRIBUTOR),
    Deed("/api/v1/jobs/{job}/cancel/", CURATOR, "annotate", "POST", reads_first=True),
    # object: batch, of somebody else
    get("batches/{batch}/", CURATOR),
]

ADMIN = [
    Deed("/admin/catalog/collection/{collection_pk}/change/", VIEWER),
    Deed("/admin/catalog/collection/{collection_pk}/upload/", CONTRIBUTOR),
    Deed("/admin/catalog/collection/{collection_pk}/import/", CONTRIBUTOR),
    Deed("/admin/catalog/collection/{collection_pk}/start/find_near_duplicates/", CURATOR, method="POST"),
    Deed("/admin/catalog/collection/{collection_pk}/delete/", OWNER),
    Deed("/admin/catalog/image/{image_pk}/change/", VIEWER),
    Deed("/admin/catalog/image/{image_pk}/delete/", OWNER),
    Deed("/admin/catalog/galaxy/{galaxy_pk}/change/", VIEWER),
    Deed("/admin/catalog/galaxy/{galaxy_pk}/start/build_galaxy/", CURATOR, method="POST"),
    Deed("/admin/catalog/galaxy/{galaxy_pk}/delete/", OWNER),
    Deed("/admin/catalog/cluster/{cluster_pk}/change/", VIEWER),
    Deed("/admin/catalog/job/{job_pk}/progress/", CONTRIBUTOR),
    Deed("/admin/catalog/job/{job_pk}/cancel/", CURATOR, method="POST"),
    Deed("/admin/catalog/change/{change_pk}/change/", CONTRIBUTOR),
    Deed("/admin/catalog/build/{build_pk}/change/", CONTRIBUTOR),
    Deed("/admin/catalog/refusal/{refusal_pk}/change/", CONTRIBUTOR),
]

PAGE = [Deed("/galaxy/{galaxy}/", VIEWER, public=True)]
MEDIA = [Deed("/media/{image}/small", VIEWER, public=True), Deed("/media/{image}/view", VIEWER, public=True)]


def names_of(library: Library) -> dict[str, Any]:
    """What stands for the names in braces."""
    batch = Batch.objects.create(collection=library.collection, created_by=UserFactory.create())
    cluster = library.one("cluster")
    return {
        "collection": library.collection.slug,
        "image": str(library.images[0].uuid),
        "change": str(library.change.uuid),
        "galaxy": library.galaxy.slug,
        "publication": library.publication.pk,
        "cluster": str(cluster.uuid),
        "job": str(library.job.uuid),
        "batch": str(batch.uuid),
        "collection_pk": library.collection.pk,
        "image_pk": library.images[0].pk,
        "galaxy_pk": library.galaxy.pk,
        "cluster_pk": cluster.pk,
        "job_pk": library.job.pk,
        "change_pk": library.change.pk,
        "build_pk": library.build.pk,
        "refusal_pk": library.refusal.pk,
    }


def fill(value: Any, names: dict[str, Any]) -> Any:
    """A body with its names filled in."""
    if isinstance(value, list):
        return [fill(item, names) for item in value]
    if isinstance(value, dict):
        return {key: fill(item, names) for key, item in value.items()}
    if isinstance(value, str) and value.startswith("{"):
        return names[value.strip("{}")]
    return value


def ask(client: Client, deed: Deed, names: dict[str, Any]) -> str:
    """What became of it: "done", "login", or the status; nothing of what was done stays."""
    body = json.dumps(fill(deed.body, names)) if deed.body else ""
    address = deed.address.format(**names)
    with transaction.atomic():
        answer = client.generic(deed.method, address, body, content_type="application/json")
        transaction.set_rollback(True)
    answer.close()  # a picture is streamed
    if answer.status_code == 302 and "/login/" in answer["Location"]:
        return "login"
    return "done" if answer.status_code < 400 else str(answer.status_code)


def member(library: Library, role: str | None) -> Client:
    """Staff with a role in the library, or with none anywhere, logged in."""
    user = UserFactory.create(is_staff=True)
    if role is not None:
        MembershipFactory.create(user=user, collection=library.collection, role=role)
    client = Client()
    client.force_login(user)
    return client


def by_key(owner: User, scopes: Iterable[str], collection: Collection | None = None) -> Client:
    """Somebody's key with these scopes."""
    _, text = create_api_key(owner, name="Matrix", scopes=scopes, collection=collection)
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.mark.parametrize("deed", [*API, *ADMIN, *PAGE, *MEDIA], ids=str)
def test_from_a_role_on_it_is_done_and_below_it_is_refused(deed: Deed):
    library = make_library()
    names = names_of(library)
    outcome = {role: ask(member(library, role), deed, names) for role in ROLES}
    at = ROLES.index(Role(deed.least))
    assert {role: outcome[role] for role in ROLES[at:]} == dict.fromkeys(ROLES[at:], "done")
    # 404 where the thing itself is hidden from the role, 403 where it is only not theirs to do.
    assert {outcome[role] for role in ROLES[:at]} <= {"403", "404"}
    in_admin = deed.address.startswith("/admin/")
    assert ask(member(library, None), deed, names) in ({"403", "404"} if in_admin else {"404"}), (
        "no word that it exists"
    )
    refused = "login" if in_admin else "404" if deed.method == "GET" else "401"
    assert ask(Client(), deed, names) == refused


@pytest.mark.parametrize("deed", [*API, *PAGE, *MEDIA], ids=str)
def test_what_is_public_is_looked_at_by_everybody_and_nothing_else(deed: Deed):
    library = make_library(public=True)
    Galaxy.objects.update(visibility=Visibility.PUBLIC)
    outcome = {ask(client, deed, names_of(library)) for client in (Client(), member(library, None))}
    assert outcome == {"done"} if deed.public else outcome <= {"401", "403", "404"}


@pytest.mark.parametrize("deed", API, ids=str)
def test_a_key_takes_the_scope_and_its_own_collection_besides_the_role(deed: Deed):
    library = make_library()
    names = names_of(library)
    owner = MembershipFactory.create(collection=library.collection, role=OWNER).user
    elsewhere = MembershipFactory.create(user=owner, role=OWNER).collection
    needed = [deed.scope, *(["read"] if deed.reads_first else [])]
    others = [scope for scope in Scope.values if scope != deed.scope]
    assert ask(by_key(owner, needed), deed, names) == "done"
    assert ask(by_key(owner, needed, library.collection), deed, names) == "done"
    assert ask(by_key(owner, others), deed, names) in {"403", "404"}
    assert ask(by_key(owner, Scope.values, elsewhere), deed, names) in {"403", "404"}
    root = UserFactory.create(admin=True)
    assert ask(by_key(root, others), deed, names) in {"403", "404"}, "though it be a superuser's"
    assert ask(by_key(root, needed), deed, names) == "done"
