"""The pages on which a label is taught, judged, accepted and retired, and on which look-alikes are chosen."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from catalog.models import Change, Decision, EffectiveLabel, Image, Job, Label, NearDuplicate, TaughtLabel
from tests.catalog.taught_library import TaughtLibrary
from tests.factories import CollectionFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("colour_model")]


@pytest.fixture
def library() -> TaughtLibrary:
    person: User = UserFactory.create(is_staff=True)
    library = TaughtLibrary(person)
    library.decide("add", library.reds[:12])
    library.decide("reject", library.others[:5])
    return library


@pytest.fixture
def curator(library) -> Client:
    client = Client()
    client.force_login(library.curator)
    return client


def page_of(client: Client, name: str, *args: object, **query: object) -> str:
    response = client.get(reverse(f"admin:catalog_{name}", args=args, query=query))
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_an_empty_library_says_how_to_begin(curator):
    assert "addlink" in page_of(curator, "taughtlabel_changelist")
    assert "show by example" in page_of(curator, "taughtlabel_teach")


def test_a_new_term_begins_on_the_wall(library, curator):
    page = page_of(curator, "taughtlabel_teach", collection=library.collection.pk, term="snow")
    assert "10 more to accept" in page and "Find some on the wall" in page and "disabled" in page
    assert not Label.objects.filter(key="snow").exists(), "looking makes nothing"


def test_pictures_like_the_accepted_ones_are_asked_about_and_decided(library, curator):
    page = page_of(curator, "taughtlabel_teach", collection=library.collection.pk, term="our town hall")
    assert "Accepted: 12" in page and "Rejected: 5" in page
    first = [pk for pk in library.reds[12:] if f'name="said-{pk}"' in page]
    assert len(first) == 18 and not any(f'name="said-{pk}"' in page for pk in library.reds[:12])

    yes, no = first[:2]
    address = reverse("admin:catalog_taughtlabel_teach")
    form = {"collection": library.collection.pk, "term": "our town hall", f"said-{yes}": "yes", f"said-{no}": "no"}
    curator.post(address, form | {f"said-{first[2]}": ""})
    said = dict(Decision.objects.filter(image__in=first).values_list("image", "verdict"))
    assert said == {yes: "add", no: "reject"}
    assert "Accepted: 13" in page_of(
        curator, "taughtlabel_teach", collection=library.collection.pk, term="our town hall"
    )

    response = curator.post(address, {"collection": library.collection.pk, "term": "our town hall", "train": "1"})
    job = Job.objects.get(kind="train_label")
    assert response["Location"] == reverse("admin:catalog_job_progress", args=[job.pk])


def test_the_scores_show_the_collection_with_its_cut_off(library, curator):
    version = library.train()
    taught = version.taught
    curator.post(reverse("admin:catalog_taughtlabel_cut-off", args=[taught.pk]), {"version": 1, "cut_off": "0.5"})
    page = page_of(curator, "taughtlabel_scores", taught.pk)
    assert "30 of 60 images" in page and "below the cut-off of 0.50" in page and "not judged yet" in page
    places = [
        page.index(str(uuid)) for uuid in Image.objects.filter(pk__in=library.reds).values_list("uuid", flat=True)
    ]
    assert max(places) < page.index("below the cut-off"), "what is above comes before the line"
    assert "galaxy-scores" in page
    assert "30 of 60 images" in page_of(curator, "taughtlabel_change", taught.pk)
    listed = page_of(curator, "taughtlabel_changelist")
    assert "waits to be accepted" in listed and "galaxy-strip" in listed


@pytest.mark.parametrize("typed", ["x", "2", ""])
def test_a_cut_off_that_is_none_changes_nothing(library, curator, typed):
    version = library.train()
    response = curator.post(
        reverse("admin:catalog_taughtlabel_cut-off", args=[version.taught_id]), {"cut_off": typed}, follow=True
    )
    assert "from 0 to 1" in response.content.decode()
    assert TaughtLabel.objects.get().versions.get().cut_off == version.cut_off


def test_a_sample_is_judged_then_the_label_accepted_and_retired(library, curator):
    version = library.train()
    pk = version.taught_id
    sample = reverse("admin:catalog_taughtlabel_sample", args=[pk])
    assert curator.get(sample).status_code == 302, "looking draws nothing"
    page = curator.post(sample, {"draw": "1"}, follow=True).content.decode()
    ids = [row.image_id for row in version.samples.all()]
    assert ids and all(f'name="said-{image_id}"' in page for image_id in ids)

    words = {f"said-{image_id}": "no" if place == 0 else "yes" for place, image_id in enumerate(ids)}
    page = curator.post(sample, words | {"version": 1}, follow=True).content.decode()
    share = f"{(len(ids) - 1) / len(ids):.0%} right"
    assert share in page and f"by {len(ids)} judged" in page

    for deed, current in (("accept", version), ("retire", None)):
        response = curator.post(reverse(f"admin:catalog_taughtlabel_{deed}", args=[pk]), {"version": 1})
        assert response["Location"] == reverse("admin:catalog_job_progress", args=[Job.objects.get().pk])
        assert TaughtLabel.objects.get().current_version == current


def test_only_curators_of_the_collection_teach(library, client_as):
    version = library.train()
    pk = version.taught_id
    deeds = [
        ("teach", [], {"collection": library.collection.pk, "term": "our town hall", "train": "1"}),
        *((deed, [pk], {"cut_off": "0.4"}) for deed in ("train", "cut-off", "accept", "retire")),
        ("sample", [pk], {"draw": "1"}),
    ]
    for role, collection, status in (
        ("contributor", library.collection, 403),
        ("viewer", library.collection, {403, 404}),
        ("curator", CollectionFactory.create(), {403, 404}),
    ):
        client = client_as(role, collection)
        for deed, args, form in deeds:
            answer = client.post(reverse(f"admin:catalog_taughtlabel_{deed}", args=args), form)
            assert answer.status_code in (status if isinstance(status, set) else {status}), (role, deed)
    assert not Job.objects.exists() and not version.samples.exists()
    page = client_as("contributor", library.collection).get(reverse("admin:catalog_taughtlabel_scores", args=[pk]))
    assert (
        page.status_code == 200 and "Retire" not in page.content.decode() and "Train again" not in page.content.decode()
    )


def test_look_alikes_above_a_score_are_a_selection_to_decide_about(library, curator):
    red = Image.objects.get(pk=library.reds[0])
    page = page_of(curator, "image_look_alikes", red.pk, score=0.99)
    chosen = [
        image.uuid
        for image in Image.objects.exclude(pk=red.pk)
        if f'value="{image.uuid}" aria-label="Choose {image}" checked' in page
    ]
    reds = set(Image.objects.filter(pk__in=library.reds[1:]).values_list("uuid", flat=True))
    assert set(chosen) == reds and f'action="{reverse("admin:catalog_image_decide")}"' in page

    form = {"collection": library.collection.pk, "uuids": [str(uuid) for uuid in chosen], "deed": "add", "term": "red"}
    counted = curator.post(reverse("admin:catalog_image_decide"), form).content.decode()
    assert "<strong>29</strong>" in counted and not Change.objects.filter(n_images=29).exists()
    curator.post(reverse("admin:catalog_image_decide"), form | {"expected_n": "29"})
    assert EffectiveLabel.objects.filter(label__key="red").count() == 29


def test_near_duplicates_are_offered_likewise(library, curator):
    head, copy = library.reds[:2]
    NearDuplicate.objects.create(image_id=copy, head_id=head, distance=3)
    page = page_of(curator, "image_look_alikes", head, of="duplicates")
    assert "3 of 64 bits" in page and "Near-duplicates: 1" in page
    assert "the largest" in page_of(curator, "image_look_alikes", copy, of="duplicates")


def test_look_alikes_are_for_people_with_a_role_and_deciding_for_curators(library, client_as):
    address = reverse("admin:catalog_image_look_alikes", args=[library.reds[0]])
    viewer = client_as("viewer", library.collection).get(address)
    assert viewer.status_code == 200 and "galaxy-decide-bar" not in viewer.content.decode()
    assert client_as("curator", CollectionFactory.create()).get(address).status_code == 404


def test_pages_cost_as_many_queries_for_many_images_as_for_few(library, curator, django_assert_max_num_queries):
    version = library.train()
    page_of(curator, "taughtlabel_scores", version.taught_id)
    with django_assert_max_num_queries(22):
        page_of(curator, "taughtlabel_scores", version.taught_id)
    with django_assert_max_num_queries(14):
        page_of(curator, "taughtlabel_changelist")
    with django_assert_max_num_queries(18):
        page_of(curator, "image_look_alikes", library.reds[0], score=0.1)
