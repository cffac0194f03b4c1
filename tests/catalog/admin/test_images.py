"""The images list and page: to be found, looked at, described and hidden."""

import json
import re
import zlib

import pytest
from django.urls import reverse

from catalog.models import Annotation, AnnotationPayload, EffectiveLabel, Image, Label
from catalog.services.curate import hide_images
from tests.catalog.admin.world import make_library
from tests.factories import ImageFactory, LabelFactory, keep_answers
from tests.vision_documents import OBJECT, full_document

pytestmark = pytest.mark.django_db

LIST = reverse("admin:catalog_image_changelist")


def found(client, **parameters) -> list[Image]:
    response = client.get(LIST, parameters)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def test_the_list_shows_thumbnails_that_open_the_picture(admin_client):
    image = make_library().images[0]
    page = admin_client.get(LIST).content.decode()
    assert f'href="/media/{image.uuid}/view"' in page
    assert f'<img src="/media/{image.uuid}/small" alt="{image.title}" loading="lazy">' in page


def test_an_image_without_a_title_is_called_by_its_file(admin_client, client_as):
    library = make_library()
    Image.objects.filter(pk=library.images[0].pk).update(title="")
    assert "tom.jpg</a>" in admin_client.get(LIST).content.decode()
    page = client_as("viewer", library.collection).get(LIST).content.decode()
    assert "tom.jpg" not in page and f"{library.images[0].uuid}</a>" in page


def test_images_are_found_by_label_however_it_is_written(admin_client):
    library = make_library()
    assert found(admin_client, label=" THING  2") == [library.images[2]]
    assert found(admin_client, label="no such thing") == []


def test_a_label_that_stands_for_another_finds_the_others_images(admin_client):
    library = make_library()
    kitty = LabelFactory(collection=library.collection, term="kitty", alias_of=library.label)
    LabelFactory(collection=library.collection, term="pussy", alias_of=kitty)
    assert len(found(admin_client, label="pussy")) == 4


def test_the_label_filter_keeps_the_others(admin_client):
    library = make_library()
    page = admin_client.get(LIST, {"hidden__exact": "0", "label": "cat", "q": "Picture"}).content.decode()
    assert '<input type="hidden" name="hidden__exact" value="0">' in page
    assert '<input type="hidden" name="q" value="Picture">' in page
    assert 'name="label" value="cat"' in page
    assert len(found(admin_client, collection__id__exact=library.collection.pk, label="cat")) == 4


def test_images_are_filtered_by_the_cluster_of_the_newest_build(admin_client):
    library = make_library()
    first = library.build.groups.get(number=0)
    assert set(found(admin_client, cluster=first.cluster_id)) == set(library.images[::2])
    assert found(admin_client, cluster="x") == []
    assert f'href="?cluster={first.cluster_id}"' in admin_client.get(LIST).content.decode()


def test_too_many_clusters_are_listed_only_for_a_chosen_collection(admin_client, monkeypatch):
    monkeypatch.setattr("catalog.admin.filters.MAX_CLUSTERS_LISTED", 2)
    library, _ = make_library(), make_library()
    assert "?cluster=" not in admin_client.get(LIST).content.decode()
    response = admin_client.get(LIST, {"collection__id__exact": library.collection.pk})
    assert f"cluster={library.one('cluster').pk}" in response.content.decode()


def test_search_looks_in_titles_labels_external_ids_and_uuids(admin_client):
    library = make_library()
    lonely = ImageFactory(title="A lighthouse")
    assert found(admin_client, q="LIGHTH") == [lonely]
    assert len(found(admin_client, q="ca")) == 4
    assert found(admin_client, q="X-17") == [library.images[0]]
    assert found(admin_client, q=str(lonely.uuid)) == [lonely]
    assert found(admin_client, q="dog") == []


def test_the_page_shows_what_holds_and_what_is_behind_it(admin_client):
    library = make_library()
    image = library.images[0]
    annotation = Annotation.objects.create(
        sha256=image.current_revision.sha256,
        annotator="local",
        feature="IMAGE_PROPERTIES",
        model="c",
        status="answered",
    )
    colour = {"color": {"red": 255, "green": 128}, "score": 0.5, "pixelFraction": 0.25}
    document = {"imagePropertiesAnnotation": {"dominantColors": {"colors": [colour]}}}
    AnnotationPayload.objects.create(annotation=annotation, document=zlib.compress(json.dumps(document).encode()))
    page = admin_client.get(reverse("admin:catalog_image_change", args=[image.pk])).content.decode()
    assert f'<img src="/media/{image.uuid}/view"' in page
    assert '<meter min="0" max="1" value="0.90">0.90</meter> 0.90' in page
    assert 'fill="#ff8000"' in page and "&quot;pixelFraction&quot;: 0.25" in page
    assert "No cat at all" in page and "cats/tom.jpg" in page
    assert "<td>LABEL_DETECTION</td><td>Not looked for</td>" in page
    assert library.build.groups.first().cluster.name in page


def test_the_page_draws_what_was_found_and_says_of_every_feature_what_came(admin_client):
    image = make_library().images[0]
    width, height = image.current_revision.width, image.current_revision.height
    keep_answers(
        image,
        full_document(width, height) | {"logoAnnotations": []},
        failed=["SAFE_SEARCH_DETECTION"],
        without=["WEB_DETECTION", "TEXT_DETECTION"],
    )
    Annotation.objects.filter(feature="LANDMARK_DETECTION").update(status="unknown")
    page = admin_client.get(reverse("admin:catalog_image_change", args=[image.pk])).content.decode()

    assert f'<svg class="galaxy-boxes" viewBox="0 0 {width} {height}"' in page
    assert f'<image href="/media/{image.uuid}/view" width="{width}" height="{height}"/>' in page
    left, top, right, bottom = OBJECT
    drawn = re.search(r'galaxy-box-objects" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', page)
    wanted = (left * width, top * height, (right - left) * width, (bottom - top) * height)
    assert tuple(map(float, drawn.groups())) == pytest.approx(wanted, abs=0.06)
    assert page.count("<circle cx=") - page.count('<circle cx="8"') == 2  # the eyes; the rest are colour chips
    assert "&lt;b&gt;Lyon&lt;/b&gt;" in page and "<b>Lyon</b>" not in page
    for row in (
        "<td>OBJECT_LOCALIZATION</td><td>Answered: Bicycle</td>",
        "<td>FACE_DETECTION</td><td>Answered: 1 face</td>",
        "<td>DOCUMENT_TEXT_DETECTION</td><td>Answered: 2 lines</td>",
        "<td>IMAGE_PROPERTIES</td><td>Answered: 2 colours</td>",
        "<td>CROP_HINTS</td><td>Answered: 1 crop hint</td>",
        "<td>LOGO_DETECTION</td><td>Looked for, none found</td>",
        "<td>SAFE_SEARCH_DETECTION</td><td>Failed</td><td>m1</td><td>The picture has no end.</td>",
        "<td>LANDMARK_DETECTION</td><td>Unknown: sent, but the answer was lost.",
        "<td>WEB_DETECTION</td><td>Not looked for</td>",
        "<td>TEXT_DETECTION</td><td>Not looked for</td>",
    ):
        assert row in page


def test_machine_labels_that_do_not_hold_are_still_told(admin_client):
    image = make_library().images[1]
    EffectiveLabel.objects.filter(image=image).delete()
    page = admin_client.get(reverse("admin:catalog_image_change", args=[image.pk])).content.decode()
    assert "None that hold." in page and "What machines and sidecars said (2)" in page


def test_an_image_without_a_revision_has_a_page(admin_client):
    image = Image.objects.create(collection=make_library().collection)
    page = admin_client.get(reverse("admin:catalog_image_change", args=[image.pk])).content.decode()
    assert "No picture yet." in page and "Nobody has looked at it yet." in page
    assert "no picture yet" in admin_client.get(LIST).content.decode()


def test_saving_writes_only_what_the_form_changed(client_as):
    library = make_library()
    image = library.images[0]
    client = client_as("curator", library.collection)
    address = reverse("admin:catalog_image_change", args=[image.pk])
    posted = {"title": "Tom, sleeping", "source_url": "example.org/tom", "hidden": "on"}
    assert client.post(address, posted).status_code == 302
    saved = Image.objects.get(pk=image.pk)
    assert (saved.title, saved.source_url, saved.hidden) == ("Tom, sleeping", "https://example.org/tom", True)
    assert saved.updated_at > image.updated_at
    assert (saved.current_revision, saved.annotation_status) == (image.current_revision, "annotated")


def test_a_page_opened_before_somebody_hid_the_image_does_not_show_it_again(client_as):
    library = make_library()
    image = library.images[0]
    client = client_as("curator", library.collection)
    address = reverse("admin:catalog_image_change", args=[image.pk])
    page = client.get(address).content.decode()
    initial = re.search(r'name="initial-hidden"[^>]*value="(\w+)"', page)
    assert initial is not None
    hide_images(Image.objects.filter(pk=image.pk), hidden=True)
    client.post(address, {"title": "Tom, sleeping", "initial-hidden": initial[1]})
    saved = Image.objects.get(pk=image.pk)
    assert (saved.title, saved.hidden) == ("Tom, sleeping", True)
    client.post(address, {"title": "Tom, awake", "initial-hidden": "True"})
    saved = Image.objects.get(pk=image.pk)
    assert (saved.title, saved.hidden) == ("Tom, awake", False)


def test_a_selection_is_hidden_and_shown_where_one_is_curator(client_as):
    mine, public = make_library(), make_library(public=True)
    foreign = ImageFactory(collection=public.collection, safe=True)
    client = client_as("curator", mine.collection)
    chosen = {"action": "hide", "_selected_action": [mine.images[0].pk, foreign.pk]}
    page = client.post(LIST, chosen, follow=True).content.decode()
    assert "1 images are hidden now." in page and "1 images were left as they are" in page
    assert list(Image.objects.filter(hidden=True)) == [mine.images[0]]
    client.post(LIST, {"action": "show", "_selected_action": [mine.images[0].pk]})
    assert not Image.objects.filter(hidden=True).exists()


def test_a_viewer_is_offered_no_action(client_as):
    library = make_library()
    response = client_as("viewer", library.collection).get(LIST)
    assert response.context["action_form"] is None
    assert Label.objects.filter(collection=library.collection).exists()
