"""The admin's door asks the one policy: roles decide, Django's own model permissions do not."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from catalog.models import Collection, Galaxy, Image, Job, Membership
from tests.catalog.admin.world import FOR_SUPERUSERS, LISTED, make_library
from tests.factories import CollectionFactory, UserFactory

pytestmark = pytest.mark.django_db

# What a role finds in the admin of its collection: what it may see, and what it may change, of LISTED.
SEEN = {
    "viewer": {"collection", "image", "label", "galaxy", "cluster", "publication"},
    "contributor": set(LISTED) - FOR_SUPERUSERS,
    "curator": set(LISTED) - FOR_SUPERUSERS,
    "owner": set(LISTED) - FOR_SUPERUSERS,
}
CHANGED = {
    "viewer": set(),
    "contributor": set(),
    "curator": {"collection", "image", "galaxy", "cluster"},
    "owner": {"collection", "image", "galaxy", "cluster"},
}
DELETED = {"viewer": set(), "contributor": set(), "curator": set(), "owner": {"collection", "image", "galaxy"}}


def change(name: str, obj) -> str:
    return reverse(f"admin:catalog_{name}_change", args=[obj.pk])


@pytest.mark.parametrize("role", ["viewer", "contributor", "curator", "owner"])
def test_a_role_sees_changes_and_deletes_what_the_policy_says(client_as, role):
    library = make_library()
    client = client_as(role, library.collection)
    seen, changed, deleted = set(), set(), set()
    for name in LISTED:
        response = client.get(change(name, library.one(name)))
        if response.status_code == 200:
            seen.add(name)
            if response.context["has_change_permission"]:
                changed.add(name)
            if response.context["has_delete_permission"]:
                deleted.add(name)
    assert (seen, changed, deleted) == (SEEN[role], CHANGED[role], DELETED[role])


@pytest.mark.parametrize("name", sorted(set(LISTED) - FOR_SUPERUSERS))
def test_an_owner_finds_nothing_of_another_collection(client_as, name):
    mine, other = make_library(), make_library()
    client = client_as("owner", mine.collection)
    listed = client.get(reverse(f"admin:catalog_{name}_changelist")).context["cl"].result_list
    assert mine.one(name) in listed and other.one(name) not in listed
    # Django leads somebody who asks for what is not there back to the index.
    assert client.get(change(name, other.one(name))).status_code == 302
    assert client.post(change(name, other.one(name)), {}).status_code in {302, 403}


def test_staff_without_a_role_find_an_empty_index(client_as):
    library = make_library(public=True)
    client = client_as(None)
    response = client.get(reverse("admin:index"))
    assert response.status_code == 200 and response.context["app_list"] == []
    assert client.get(reverse("admin:catalog_image_changelist")).status_code == 403
    assert client.get(reverse("admin:catalog_job_progress", args=[library.job.pk])).status_code == 404


def test_a_role_without_is_staff_does_not_open_the_admin():
    library = make_library()
    user = UserFactory()
    Membership.objects.create(user=user, collection=library.collection, role="owner")
    client = Client()
    client.force_login(user)
    assert client.get(reverse("admin:catalog_image_changelist")).status_code == 302


def test_djangos_own_permissions_open_nothing():
    library = make_library()
    user = UserFactory(is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="catalog").exclude(codename="add_collection")
    )
    client = Client()
    client.force_login(user)
    assert client.get(reverse("admin:catalog_image_changelist")).status_code == 403
    assert client.get(change("image", library.images[0])).status_code == 403


def test_a_viewer_does_not_learn_where_pictures_were_found(client_as):
    library = make_library()
    address = change("image", library.images[0])
    assert "/secret/photos" not in client_as("viewer", library.collection).get(address).content.decode()
    assert "/secret/photos" in client_as("contributor", library.collection).get(address).content.decode()


def test_a_curator_changes_settings_but_neither_visibility_nor_members(client_as):
    library = make_library()
    collection = library.collection
    client = client_as("curator", collection)
    page = client.get(change("collection", collection))
    assert "memberships-0-role" not in page.content.decode()
    posted = {
        "title": "New title",
        "slug": "stolen",
        "visibility": "public",
        "annotator": "local",
        "features": ["LABEL_DETECTION"],
        "min_score": "0.3",
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 0,
        "memberships-0-user": UserFactory().pk,
        "memberships-0-role": "owner",
    }
    assert client.post(change("collection", collection), posted).status_code == 302
    saved = Collection.objects.get(pk=collection.pk)
    assert (saved.title, saved.slug, saved.visibility) == ("New title", collection.slug, "private")
    assert saved.memberships.count() == 1


def test_an_owner_gives_roles(client_as):
    collection = CollectionFactory()
    client = client_as("owner", collection)
    friend, owner = UserFactory(), collection.memberships.get()
    posted = {
        "title": collection.title,
        "slug": collection.slug,
        "visibility": "link",
        "annotator": "local",
        "features": ["LABEL_DETECTION", "IMAGE_PROPERTIES"],
        "min_score": "0.5",
        "memberships-TOTAL_FORMS": 2,
        "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": owner.pk,
        "memberships-0-collection": collection.pk,
        "memberships-0-user": owner.user.pk,
        "memberships-0-role": "owner",
        "memberships-1-collection": collection.pk,
        "memberships-1-user": friend.pk,
        "memberships-1-role": "curator",
    }
    response = client.post(change("collection", collection), posted, follow=True)
    assert "The new minimum score is being applied" in response.content.decode()
    assert Job.objects.get().kind == "recompute_labels"
    collection.refresh_from_db()
    assert (collection.visibility, collection.features) == ("link", ["LABEL_DETECTION", "IMAGE_PROPERTIES"])
    assert collection.memberships.get(user=friend).role == "curator"


def test_whoever_may_add_collections_owns_what_they_add():
    user = UserFactory(is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get(reverse("admin:catalog_collection_add")).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="add_collection"))
    posted = {
        "title": "New",
        "slug": "new",
        "visibility": "private",
        "annotator": "local",
        "features": ["LABEL_DETECTION"],
        "min_score": "0.3",
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
    }
    assert client.post(reverse("admin:catalog_collection_add"), posted).status_code == 302
    assert Collection.objects.get(slug="new").memberships.get().role == "owner"


def test_a_galaxy_can_only_be_added_to_a_collection_one_curates(client_as):
    mine, public = CollectionFactory(), CollectionFactory(public=True)
    client = client_as("curator", mine)
    posted = {
        "title": "Sky",
        "slug": "sky",
        "visibility": "private",
        "n_clusters": 25,
        "visual_weight": 0,
        "perplexity": 50,
        "random_state": 0,
    }
    posted |= {"builds-TOTAL_FORMS": 0, "builds-INITIAL_FORMS": 0}
    response = client.post(reverse("admin:catalog_galaxy_add"), {**posted, "collection": public.pk})
    assert "Select a valid choice" in response.content.decode() and not Galaxy.objects.exists()
    assert client.post(reverse("admin:catalog_galaxy_add"), {**posted, "collection": mine.pk}).status_code == 302
    assert Galaxy.objects.get().collection == mine


def test_deleting_a_collection_takes_all_that_is_in_it(client_as):
    library, other = make_library(), make_library()
    client = client_as("owner", library.collection)
    address = reverse("admin:catalog_collection_delete", args=[library.collection.pk])
    assert "Images: 4" in client.get(address).content.decode()
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert list(Collection.objects.all()) == [other.collection]
    assert Image.objects.count() == 4


def test_deleting_a_selection_takes_nothing_that_is_not_the_persons_own(client_as):
    mine, public = make_library(), make_library(public=True)
    client = client_as("owner", mine.collection)
    chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [mine.images[0].pk, public.images[0].pk]}
    assert client.post(reverse("admin:catalog_image_changelist"), chosen).status_code == 403
    assert Image.objects.count() == 8
    chosen["_selected_action"] = [mine.images[0].pk]
    assert client.post(reverse("admin:catalog_image_changelist"), chosen).status_code == 302
    assert not Image.objects.filter(pk=mine.images[0].pk).exists()
