"""Actions start jobs and lead to their progress page, which tells the truth and can steer."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.admin.job_actions import JobAction, job_actions_of, register_job_action
from catalog.admin.job_report import describe_duration, report_job
from catalog.models import EffectiveLabel, Galaxy, Job, JobStatus, Label
from catalog.services.jobs import run_job, start_job
from catalog.services.time_left import estimate_left
from tests.catalog.admin.world import make_library, running_job
from tests.factories import CollectionFactory, GalaxyFactory, JobFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def address(name: str, job: Job) -> str:
    return reverse(f"admin:catalog_job_{name}", args=[job.pk])


def test_one_collection_is_annotated_and_one_watches(client_as):
    collection = CollectionFactory()
    client = client_as("curator", collection)
    chosen = {"action": "annotate_images", "_selected_action": [collection.pk]}
    response = client.post(reverse("admin:catalog_collection_changelist"), chosen)
    job = Job.objects.get()
    assert response.headers["Location"] == address("progress", job)
    assert (job.kind, job.collection, job.created_by) == (
        "annotate_images",
        collection,
        collection.memberships.get().user,
    )


def test_several_galaxies_are_rebuilt_and_one_watches_the_list(admin_client):
    galaxies = GalaxyFactory.create_batch(2)
    chosen = {"action": "build_galaxy", "_selected_action": [galaxy.pk for galaxy in galaxies]}
    response = admin_client.post(reverse("admin:catalog_galaxy_changelist"), chosen, follow=True)
    assert "2 jobs were started." in response.content.decode()
    jobs = Job.objects.filter(kind="build_galaxy")
    assert {(job.galaxy, job.collection) for job in jobs} == {(galaxy, galaxy.collection) for galaxy in galaxies}


def test_the_collections_of_chosen_images_are_annotated_once_each(admin_client):
    library = make_library()
    Job.objects.all().delete()
    chosen = {"action": "annotate_images", "_selected_action": [image.pk for image in library.images]}
    admin_client.post(reverse("admin:catalog_image_changelist"), chosen)
    assert Job.objects.get().collection == library.collection


def test_nothing_is_started_when_one_of_the_chosen_is_not_the_persons_to_steer(client_as):
    mine, public = CollectionFactory(), CollectionFactory(public=True)
    client = client_as("curator", mine)
    chosen = {"action": "annotate_images", "_selected_action": [mine.pk, public.pk]}
    page = client.post(reverse("admin:catalog_collection_changelist"), chosen, follow=True).content.decode()
    assert f"you may not do “Annotate” for {public.title}" in page
    assert not Job.objects.exists()


def test_a_button_on_the_page_starts_the_same_job(client_as):
    galaxy = GalaxyFactory()
    client = client_as("curator", galaxy.collection)
    page = client.get(reverse("admin:catalog_galaxy_change", args=[galaxy.pk])).content.decode()
    assert 'action="../start/build_galaxy/"' in page
    start = reverse("admin:catalog_galaxy_start", args=[galaxy.pk, "build_galaxy"])
    assert client.get(start).status_code == 405
    assert client.post(start).headers["Location"] == address("progress", Job.objects.get())
    assert client.post(reverse("admin:catalog_galaxy_start", args=[galaxy.pk, "import_source"])).status_code == 404


def test_new_images_can_be_added_by_a_button_of_their_own(client_as):
    galaxy = GalaxyFactory()
    client = client_as("curator", galaxy.collection)
    page = client.get(reverse("admin:catalog_galaxy_change", args=[galaxy.pk])).content.decode()
    assert "Add new images" in page
    client.post(reverse("admin:catalog_galaxy_start", args=[galaxy.pk, "update_galaxy"]))
    job = Job.objects.get()
    assert (job.kind, job.galaxy, job.params) == ("update_galaxy", galaxy, {})
    run_job(job.uuid, worker="w")
    job.refresh_from_db()
    assert "none yet. Build it first" in job.error


def test_a_contributor_is_offered_no_button_and_cannot_post_one(client_as):
    galaxy = GalaxyFactory()
    client = client_as("contributor", galaxy.collection)
    page = client.get(reverse("admin:catalog_galaxy_change", args=[galaxy.pk])).content.decode()
    assert "galaxy-start" not in page
    assert client.post(reverse("admin:catalog_galaxy_start", args=[galaxy.pk, "build_galaxy"])).status_code == 403
    assert not Job.objects.exists()


def test_an_action_of_no_known_kind_is_not_offered(admin_client, monkeypatch):
    monkeypatch.setattr("catalog.admin.job_actions._actions", {})
    register_job_action(Galaxy, JobAction(kind="paint_galaxy", label="Paint"))
    register_job_action(Galaxy, JobAction(kind="paint_galaxy", label="Paint again"))
    assert [action.label for action in job_actions_of(Galaxy)] == ["Paint"]
    GalaxyFactory()
    assert "Paint" not in admin_client.get(reverse("admin:catalog_galaxy_changelist")).content.decode()
    with pytest.raises(ValueError, match="got Label"):
        register_job_action(Label, JobAction(kind="paint_label", label="Paint"))


def test_time_left_follows_from_the_rate_within_the_stage():
    job = running_job(stage_started_at=NOW - timedelta(seconds=60), progress_done=100, progress_total=400)
    assert estimate_left(job, NOW) == timedelta(seconds=180)
    assert report_job(job, NOW)["left"] == "about 3 min for this stage"


@pytest.mark.parametrize(
    "values",
    [
        {"progress_done": 0, "progress_total": 400},
        {"progress_done": 10, "progress_total": 0},
        {"progress_done": 10, "progress_total": 400, "stage_started_at": NOW - timedelta(seconds=1)},
        {"progress_done": 10, "progress_total": 400, "stage_started_at": None},
    ],
    ids=["nothing done", "total unknown", "just begun", "no stage"],
)
def test_time_left_is_not_guessed(values):
    job = running_job(**{"stage_started_at": NOW - timedelta(minutes=5), **values})
    assert report_job(job, NOW)["left"] == "not known yet"


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0 s"), (119, "119 s"), (120, "2 min"), (7140, "119 min"), (7260, "2 h 1 min")]
)
def test_durations_are_told_as_people_say_them(seconds, text):
    assert describe_duration(timedelta(seconds=seconds)) == text


def test_the_page_shows_the_stage_and_refreshes_itself_from_a_script_of_its_own(admin_client):
    job = running_job(stage="labels", progress_done=1300, progress_total=4012)
    page = admin_client.get(address("progress", job)).content.decode()
    assert '<progress data-bar aria-label="Progress of this stage" max="4012" value="1300">' in page
    assert "1,300 of 4,012" in page and "labels" in page
    assert f'data-report-url="{address("report", job)}"' in page
    assert 'src="/static/catalog_admin/progress.js" defer' in page
    assert " style=" not in page and "<script>" not in page


def test_the_report_is_fresh_json(admin_client):
    response = admin_client.get(address("report", running_job(progress_done=3, progress_total=6)))
    report = response.json()
    assert "no-store" in response.headers["Cache-Control"]
    assert (report["status"], report["done"], report["total"], report["is_ended"]) == ("running", 3, 6, False)


def test_a_job_whose_worker_died_says_that_it_waits_for_another():
    assert report_job(JobFactory(attempt=1), NOW)["status_text"].startswith("Its worker died")
    assert report_job(JobFactory(), NOW)["status_text"] == "Waiting for a worker"


def test_a_waiting_job_is_cancelled_at_once(client_as):
    job = JobFactory()
    client = client_as("curator", job.collection)
    assert "Cancel</button>" in client.get(address("progress", job)).content.decode()
    assert client.get(address("cancel", job)).status_code == 405
    page = client.post(address("cancel", job), follow=True).content.decode()
    assert "Cancelled" in page and "Try again</button>" in page
    assert Job.objects.get().status == JobStatus.CANCELLED


def test_a_running_job_is_asked_to_stop(admin_client):
    job = running_job()
    page = admin_client.post(address("cancel", job), follow=True).content.decode()
    assert "Stopping at the next safe point" in page and "Cancel</button>" not in page


def test_a_failed_job_says_why_and_is_tried_again_as_a_new_one(client_as):
    job = JobFactory(status=JobStatus.FAILED, finished_at=NOW, error="Expected images, got none.\nImport some.")
    client = client_as("curator", job.collection)
    page = client.get(address("progress", job)).content.decode()
    assert "Expected images, got none.<br>Import some." in page
    response = client.post(address("retry", job))
    again = Job.objects.exclude(pk=job.pk).get()
    assert response.headers["Location"] == address("progress", again)
    assert (again.kind, again.status) == (job.kind, JobStatus.QUEUED)


def test_what_cannot_be_tried_again_is_said(admin_client):
    page = admin_client.post(address("retry", running_job()), follow=True).content.decode()
    assert "Only a failed or cancelled job can be tried again" in page


def test_the_result_is_told_in_words(admin_client):
    job = JobFactory(
        status=JobStatus.SUCCEEDED,
        finished_at=NOW,
        started_at=NOW - timedelta(seconds=90),
        result={
            "n_seen": 4012,
            "created": True,
            "n_refused": 1,
            "refused": [["a.jpg", "empty", "no bytes"]],
            "kl": 1.23456,
        },
    )
    page = admin_client.get(address("progress", job)).content.decode()
    assert '<th scope="row">seen</th><td>4,012</td>' in page
    assert '<th scope="row">created</th><td>yes</td>' in page
    assert '<th scope="row">refused, which</th><td>a.jpg – empty – no bytes</td>' in page
    assert "<td>1.23</td>" in page and "90 s" in page and "Reload" not in page


def test_a_contributor_watches_but_does_not_steer(client_as):
    job = running_job()
    client = client_as("contributor", job.collection)
    assert "Cancel</button>" not in client.get(address("progress", job)).content.decode()
    assert client.post(address("cancel", job)).status_code == 403
    assert client.post(address("retry", job)).status_code == 403


@pytest.mark.parametrize("name", ["progress", "report"])
def test_a_job_of_another_collection_is_not_there(client_as, name):
    client = client_as("owner", CollectionFactory())
    assert client.get(address(name, running_job())).status_code == 404


def test_the_job_of_a_new_minimum_score_derives_the_labels_anew():
    library = make_library()
    library.collection.min_score = 0.8
    library.collection.save()
    job = start_job("recompute_labels", {}, by=None, collection=library.collection)
    run_job(job.uuid, worker="test")
    job.refresh_from_db()
    assert (job.status, job.result) == (JobStatus.SUCCEEDED, {"n_images": 4})
    # "thing 0" to "thing 3" had 0.5; "cat" had 0.9, and a person took it off the first image.
    assert EffectiveLabel.objects.filter(label__key="cat").count() == 3 == EffectiveLabel.objects.count()
