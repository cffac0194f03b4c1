"""Nothing that costs money starts without somebody having seen what it costs."""

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.annotators import AnnotateOptions, Feature, get_annotator
from catalog.models import Annotation, Collection, Image, Job
from catalog.services.errors import ServiceError
from catalog.services.jobs import JobRun, retry_job
from catalog.tasks.library import run_annotate
from tests.catalog.admin.world import make_library
from tests.factories import ImageFactory, JobFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection() -> Collection:
    return make_library(annotator="google").collection


def start(client, collection: Collection, **data: str):
    address = reverse("admin:catalog_collection_start", args=[collection.pk, "annotate_images"])
    return client.post(address, data)


def annotate_jobs():
    return Job.objects.filter(kind="annotate_images", status="queued")


def test_a_paid_annotator_is_started_only_after_its_price_was_seen(admin_client, collection):
    page = start(admin_client, collection).content.decode()
    assert "LABEL_DETECTION" in page and "USD" in page and "Agree and start" in page
    assert not annotate_jobs().exists()

    assert start(admin_client, collection, agreed="8").status_code == 302
    assert annotate_jobs().get().params == {"max_units": 8}, (
        "four pictures, two features: what was agreed to is the cap"
    )


def test_a_price_that_grew_while_its_page_was_open_is_shown_again(admin_client, collection):
    page = start(admin_client, collection).content.decode()
    assert 'name="agreed" value="8"' in page
    ImageFactory.create(collection=collection)

    page = start(admin_client, collection, agreed="8").content.decode()
    assert 'name="agreed" value="10"' in page
    assert not annotate_jobs().exists()


def test_trying_again_asks_for_consent_again(admin_client, collection):
    start(admin_client, collection, agreed="8")
    job = annotate_jobs().get()
    Job.objects.filter(pk=job.pk).update(status="failed", error="The quota.", finished_at=timezone.now())
    job.refresh_from_db()

    assert "max_units" not in retry_job(job, by=None).params


def test_the_list_s_action_asks_too_and_keeps_the_selection(admin_client, collection):
    address = reverse("admin:catalog_collection_changelist")
    chosen = {"action": "annotate_images", "_selected_action": str(collection.pk)}
    page = admin_client.post(address, chosen).content.decode()
    assert f'name="_selected_action" value="{collection.pk}"' in page

    admin_client.post(address, {**chosen, "agreed": "8"})
    assert annotate_jobs().count() == 1


def test_from_a_list_of_images_it_asks_too(admin_client, collection):
    address = reverse("admin:catalog_image_changelist")
    chosen = {"action": "annotate_images", "_selected_action": str(collection.images.first().pk)}
    assert "Agree and start" in admin_client.post(address, chosen).content.decode()
    assert not annotate_jobs().exists()

    admin_client.post(address, {**chosen, "agreed": "8"})
    assert annotate_jobs().get().params == {"max_units": 8}


class TestAnswersThatWereLost:
    @pytest.fixture
    def lost(self, collection) -> Annotation:
        annotator, options = get_annotator("google"), AnnotateOptions()
        image = collection.images.select_related("current_revision").first()
        Image.objects.filter(pk=image.pk).update(annotation_status="unknown")
        return Annotation.objects.create(
            sha256=image.current_revision.sha256,
            annotator="google",
            feature=Feature.LABEL_DETECTION,
            model=annotator.model_of(Feature.LABEL_DETECTION),
            parameters=annotator.parameters_of(Feature.LABEL_DETECTION, options),
            status="unknown",
            error="The line was cut.",
        )

    def test_are_listed_with_what_happened(self, admin_client, collection, lost):
        page = admin_client.get(reverse("admin:catalog_lostanswer_changelist")).content.decode()
        assert "The line was cut." in page and collection.slug in page
        page = admin_client.get(reverse("admin:catalog_collection_changelist")).content.decode()
        assert "annotation_status__exact=unknown" in page

    def test_are_asked_again_only_after_somebody_saw_what_it_may_cost(self, admin_client, collection, lost):
        address = reverse("admin:catalog_collection_changelist")
        chosen = {"action": "ask_again", "_selected_action": str(collection.pk)}
        page = admin_client.post(address, chosen).content.decode()
        assert "perhaps paid, once more" in page
        assert not annotate_jobs().exists()

        admin_client.post(address, {**chosen, "agreed": "8"})
        assert annotate_jobs().get().params == {"unknown": True, "max_units": 8}

    def test_are_not_asked_by_a_plain_run(self, admin_client, collection, lost):
        start(admin_client, collection, agreed="8")
        assert annotate_jobs().get().params == {"max_units": 7}


def test_the_local_annotator_is_started_at_once(admin_client):
    collection = make_library().collection

    assert start(admin_client, collection).status_code == 302
    assert annotate_jobs().get().params == {}


def test_a_job_that_nobody_agreed_to_pays_nothing(collection):
    job = JobFactory(kind="annotate_images", collection=collection)

    with pytest.raises(ServiceError, match="nobody has agreed to it"):
        run_annotate(JobRun(job, None))  # type: ignore[arg-type]


def test_more_than_six_languages_are_refused(admin_client, collection):
    address = reverse("admin:catalog_collection_change", args=[collection.pk])
    codes = '["de", "fr", "it", "es", "pt", "nl", "sv"]'
    assert (
        "Expected at most 6 languages, got 7." in admin_client.post(address, {"language_hints": codes}).content.decode()
    )


def test_languages_are_codes(admin_client, collection):
    address = reverse("admin:catalog_collection_change", args=[collection.pk])
    page = admin_client.post(address, {"language_hints": '["German"]'}).content.decode()

    assert "Expected a list of language codes" in page
