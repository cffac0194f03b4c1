"""Deciding about many images: counted and shown first, done as one change, taken back whole."""

import pytest
from django.urls import reverse

from catalog.models import Change, EffectiveLabel, Image, Job, Label
from tests.catalog.admin.world import make_library

pytestmark = pytest.mark.django_db

DECIDE = reverse("admin:catalog_image_decide")
JSON = {"headers": {"Accept": "application/json"}}


@pytest.fixture
def library():
    """Four cats, without the change that the library came with."""
    library = make_library()
    Change.objects.all().delete()
    return library


@pytest.fixture
def curator(client_as, library):
    """A curator of the library, logged in."""
    return client_as("curator", library.collection)


def carriers(library, term: str = "cat") -> set[Image]:
    """Images that carry the label."""
    return set(Image.objects.filter(effective_labels__label__key=term, collection=library.collection))


def test_what_matches_a_filter_is_counted_and_shown_before_anything_is_done(curator, library):
    asked = {"collection": library.collection.pk, "scope": "all", "label": "cat", "deed": "reject", "term": "cat"}
    response = curator.post(DECIDE, asked)
    page = response.content.decode()
    assert "<strong>4</strong> images of" in page and "label: cat" in page
    assert page.count('/small" alt="" loading="lazy">') == 4
    assert '<input type="hidden" name="expected_n" value="4">' in page
    assert not Change.objects.exists() and len(carriers(library)) == 4


def test_all_that_match_are_decided_about_as_one_change(curator, library):
    asked = {"collection": library.collection.pk, "scope": "all", "label": "thing 1", "expected_n": "1"}
    response = curator.post(DECIDE, {**asked, "deed": "reject", "term": "cat", "reason": "A dog"}, follow=True)
    change = Change.objects.get()
    assert (change.reason, change.n_images, change.made_by.username) == ("A dog", 1, response.context["user"].username)
    assert carriers(library) == set(library.images) - {library.images[1]}
    assert "“cat” rejected on 1 image." in response.content.decode()


def test_nothing_is_done_when_other_images_match_by_now(curator, library):
    asked = {"collection": library.collection.pk, "scope": "all", "label": "cat", "expected_n": "3"}
    page = curator.post(DECIDE, {**asked, "deed": "reject", "term": "cat"}, follow=True).content.decode()
    assert not Change.objects.exists() and len(carriers(library)) == 4
    assert '<input type="hidden" name="expected_n" value="4">' in page


def test_the_chosen_ones_are_meant_whatever_the_filter_says(curator, library):
    chosen = [str(image.uuid) for image in library.images[:2]]
    asked = {"collection": library.collection.pk, "scope": "chosen", "label": "no such", "uuids": chosen}
    curator.post(DECIDE, {**asked, "deed": "add", "term": "Choir", "expected_n": "2"})
    assert carriers(library, "choir") == set(library.images[:2])


def test_nothing_chosen_never_means_everything(curator, library):
    asked = {"collection": library.collection.pk, "scope": "chosen", "deed": "hide", "expected_n": "4"}
    page = curator.post(DECIDE, asked, follow=True).content.decode()
    assert "at least one" in page
    assert not Image.objects.filter(hidden=True).exists()


def test_images_are_hidden_in_bulk_and_shown_again(curator, library):
    chosen = {"collection": library.collection.pk, "uuids": ",".join(str(image.uuid) for image in library.images)}
    curator.post(DECIDE, {**chosen, "deed": "hide", "expected_n": "4"})
    assert Image.objects.filter(hidden=True).count() == 4
    curator.post(reverse("admin:catalog_change_undo", args=[Change.objects.get().pk]))
    assert not Image.objects.filter(hidden=True).exists()


def test_a_label_must_be_named(curator, library):
    asked = {"collection": library.collection.pk, "scope": "all", "label": "cat", "deed": "add", "expected_n": "4"}
    assert "Write the label that this is about." in curator.post(DECIDE, asked).content.decode()
    assert not Change.objects.exists()


def test_many_images_are_a_job_that_is_watched(curator, library, monkeypatch):
    monkeypatch.setattr("catalog.services.changes.MAX_AT_ONCE", 3)
    asked = {"collection": library.collection.pk, "scope": "all", "label": "cat", "expected_n": "4"}
    response = curator.post(DECIDE, {**asked, "deed": "reject", "term": "cat"})
    job = Job.objects.get(kind="apply_change")
    assert response.headers["Location"] == reverse("admin:catalog_job_progress", args=[job.pk])


def test_the_keyboard_is_answered_in_json_with_where_to_undo(curator, library):
    image = library.images[0]
    asked = {"collection": library.collection.pk, "scope": "chosen", "uuids": str(image.uuid), "deed": "reject"}
    told = curator.post(DECIDE, {**asked, "term": "cat"}, **JSON).json()
    assert told["text"] == "“cat” rejected on 1 image." and image not in carriers(library)
    assert curator.post(told["undo"], **JSON).json() == {"text": "Undone."}
    assert image in carriers(library) and Change.objects.get().undone_at is not None


def test_the_keyboard_is_told_why_nothing_was_done(curator, library):
    asked = {"collection": library.collection.pk, "scope": "chosen", "deed": "reject", "term": "unicorn"}
    response = curator.post(DECIDE, {**asked, "uuids": str(library.images[0].uuid)}, **JSON)
    assert response.status_code == 409 and "unicorn" in response.json()["error"]
    assert curator.post(DECIDE, asked, **JSON).status_code == 409
    assert curator.post(DECIDE, {**asked, "term": "", "uuids": str(library.images[0].uuid)}, **JSON).status_code == 400


def test_one_image_is_decided_about_on_its_own_page(curator, library):
    image = library.images[0]
    address = reverse("admin:catalog_image_change", args=[image.pk])
    page = curator.get(address).content.decode()
    assert 'name="verdict" value="reject:cat"' in page
    asked = {"collection": library.collection.pk, "uuids": str(image.uuid), "expected_n": "1", "back": address}
    response = curator.post(DECIDE, {**asked, "verdict": "reject:cat", "term": ""})
    assert response.headers["Location"] == address and image not in carriers(library)
    curator.post(DECIDE, {**asked, "deed": "add", "term": "Our old town hall"})
    assert image in carriers(library, "our old town hall")


def test_the_table_leads_to_the_same_question(curator, library):
    chosen = {"action": "decide", "_selected_action": [image.pk for image in library.images[:3]]}
    page = curator.post(reverse("admin:catalog_image_changelist"), chosen).content.decode()
    assert "<strong>3</strong> images of" in page and 'name="expected_n" value="3"' in page


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("contributor", 403), ("curator", 200), ("owner", 200)])
def test_who_may_decide(client_as, library, role, status):
    asked = {"collection": library.collection.pk, "uuids": str(library.images[0].uuid), "deed": "reject", "term": "cat"}
    client = client_as(role, library.collection)
    assert client.post(DECIDE, asked, **JSON).status_code == status
    assert Change.objects.exists() == (status == 200)
    change = reverse("admin:catalog_image_changelist")
    actions = client.get(change).context["action_form"]
    assert (actions is not None and "decide" in dict(actions.fields["action"].choices)) == (status == 200)


def test_a_role_in_one_library_is_no_key_to_another(client_as, library):
    other = make_library(public=True)
    client = client_as("owner", other.collection)
    asked = {"collection": library.collection.pk, "uuids": str(library.images[0].uuid), "deed": "hide"}
    assert client.post(DECIDE, asked, **JSON).status_code == 403
    # Named under one's own collection, another's images are not found.
    client.post(DECIDE, {**asked, "collection": other.collection.pk}, **JSON)
    assert not Image.objects.filter(hidden=True).exists()
    assert client.get(DECIDE).status_code == 405


def test_one_is_led_back_only_within_the_house(curator, library):
    asked = {"collection": library.collection.pk, "uuids": str(library.images[0].uuid), "expected_n": "1"}
    hostile = {**asked, "deed": "add", "term": "x", "back": "//evil.example/"}
    assert curator.post(DECIDE, hostile).headers["Location"].startswith("/admin/catalog/image/wall/")


@pytest.mark.parametrize(("role", "status"), [("viewer", 404), ("contributor", 403), ("curator", 302), ("owner", 302)])
def test_who_may_undo(client_as, role, status):
    library = make_library()
    client = client_as(role, library.collection)
    assert client.post(reverse("admin:catalog_change_undo", args=[library.change.pk])).status_code == status
    library.change.refresh_from_db()
    assert (library.change.undone_at is not None) == (status == 302)


def test_the_page_of_a_change_says_what_was_done_with_what_and_offers_to_undo(curator, library):
    asked = {"collection": library.collection.pk, "scope": "all", "label": "cat", "expected_n": "4"}
    curator.post(DECIDE, {**asked, "deed": "reject", "term": "cat", "reason": "All dogs"})
    change = Change.objects.get()
    address = reverse("admin:catalog_change_change", args=[change.pk])
    page = curator.get(address).content.decode()
    assert "“cat” rejected" in page and "All dogs" in page and "label: cat" in page and "Undo the whole change" in page
    assert page.count('class="galaxy-thumb"') == 4
    assert "“cat” rejected" in curator.get(reverse("admin:catalog_change_changelist")).content.decode()
    page = curator.post(reverse("admin:catalog_change_undo", args=[change.pk]), follow=True).content.decode()
    assert "what held before it holds again" in page and "Undo the whole change" not in page
    assert len(carriers(library)) == 4


def test_the_history_of_an_image_tells_what_was_decided_to_those_who_may_know(client_as, library):
    curator = client_as("curator", library.collection)
    image = library.images[0]
    asked = {"collection": library.collection.pk, "uuids": str(image.uuid), "deed": "reject", "term": "cat"}
    curator.post(DECIDE, {**asked, "reason": "It barks"}, **JSON)
    address = reverse("admin:catalog_image_history", args=[image.pk])
    page = curator.get(address).content.decode()
    assert "cat" in page and "It barks" in page
    viewer = client_as("viewer", library.collection).get(address).content.decode()
    assert "It barks" not in viewer and "told to contributors" in viewer


def test_a_label_is_renamed_and_the_old_term_stands_for_it(curator, library):
    address = reverse("admin:catalog_label_rename", args=[library.label.pk])
    assert "4 images of" in curator.get(address).content.decode()
    response = curator.post(address, {"term": "House cat", "reason": "As the catalogue has it"}, follow=True)
    assert "“cat” is called “House cat” now." in response.content.decode()
    assert len(carriers(library, "house cat")) == 4
    assert Label.objects.get(collection=library.collection, key="cat").alias_of == library.label
    taken = curator.post(address, {"term": "thing 1"}).content.decode()
    assert "Merge" in taken


def test_a_label_is_merged_into_another_and_taken_out_again(curator, library):
    thing = Label.objects.get(collection=library.collection, key="thing 1")
    address = reverse("admin:catalog_label_merge", args=[thing.pk])
    assert "no label" in curator.post(address, {"into": "unicorn"}).content.decode()
    curator.post(address, {"into": "CAT"})
    assert not EffectiveLabel.objects.filter(label=thing).exists()
    curator.post(reverse("admin:catalog_change_undo", args=[Change.objects.get().pk]))
    assert EffectiveLabel.objects.filter(label=thing).exists()


def test_selected_labels_are_merged_into_the_one_that_stays(curator, library):
    things = Label.objects.filter(collection=library.collection).order_by("key")
    chosen = {"action": "merge", "_selected_action": [label.pk for label in things]}
    listed = reverse("admin:catalog_label_changelist")
    page = curator.post(listed, chosen).content.decode()
    assert page.index("cat</label>") < page.index("thing 0</label>")  # the most common first
    curator.post(listed, {**chosen, "into": library.label.pk})
    assert set(things.filter(alias_of=library.label).values_list("key", flat=True)) == {f"thing {n}" for n in range(4)}


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("contributor", 403), ("curator", 200), ("owner", 200)])
def test_who_may_rename_and_merge(client_as, library, role, status):
    client = client_as(role, library.collection)
    for deed in ("rename", "merge"):
        assert client.get(reverse(f"admin:catalog_label_{deed}", args=[library.label.pk])).status_code == status
    actions = client.get(reverse("admin:catalog_label_changelist")).context["action_form"]
    assert (actions is not None and "merge" in dict(actions.fields["action"].choices)) == (status == 200)
    page = client.get(reverse("admin:catalog_label_change", args=[library.label.pk])).content.decode()
    assert ("Merge into another" in page) == (status == 200)
