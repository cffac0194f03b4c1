"""A small library in which every list of the admin has something to show."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from catalog.annotators.visual import VISUAL_VERSION
from catalog.models import (
    AnnotationRun,
    AnnotatorAccount,
    ApiKey,
    Build,
    Change,
    Collection,
    Decision,
    Galaxy,
    Image,
    Job,
    JobStatus,
    Label,
    LostAnswer,
    Occurrence,
    Publication,
    Refusal,
    TaughtLabel,
    TaughtVersion,
    UnitUsage,
)
from catalog.services.api_keys import create_api_key
from tests.factories import BuildFactory, CollectionFactory, GalaxyFactory, ImageFactory, JobFactory, UserFactory

LISTED = [
    "collection",
    "image",
    "label",
    "galaxy",
    "cluster",
    "build",
    "job",
    "publication",
    "change",
    "refusal",
    "annotationrun",
    "annotatoraccount",
    "apikey",
    "lostanswer",
    "taughtlabel",
]
# Money is nobody's but the superusers'; no role opens these.
FOR_SUPERUSERS = {"apikey", "annotationrun", "annotatoraccount", "lostanswer"}


@dataclass
class Library:
    """One collection and one of each kind of thing in it."""

    collection: Collection
    images: list[Image]
    label: Label
    galaxy: Galaxy
    build: Build
    publication: Publication
    job: Job
    change: Change
    refusal: Refusal
    annotationrun: AnnotationRun
    annotatoraccount: AnnotatorAccount
    apikey: ApiKey
    lostanswer: LostAnswer
    taughtlabel: TaughtLabel

    def one(self, name: str):
        """The object of a model of LISTED."""
        if name == "image":
            return self.images[0]
        if name == "cluster":
            return self.build.groups.first().cluster
        return getattr(self, name)


def make_library(**collection) -> Library:
    """Four images that show cats, built, published, decided upon, with a running job and a refused file."""
    looked_at = bool(collection.get("public"))  # else nobody without a role would see them
    collection = CollectionFactory(**collection)
    images: list[Image] = [
        ImageFactory(collection=collection, safe=looked_at, labels={"cat": 0.9, f"thing {n}": 0.5}) for n in range(4)
    ]
    label = Label.objects.get(collection=collection, key="cat")
    galaxy = GalaxyFactory(collection=collection)
    build = BuildFactory(galaxy=galaxy, images=images, quality={"trustworthiness": 0.98, "silhouette": 0.2})
    publication = Publication.objects.create(
        galaxy=galaxy,
        build=build,
        format_version=1,
        content_fingerprint="f" * 64,
        manifest_name="objects/m.json",
        n_images=4,
        size_bytes=1000,
    )
    galaxy.current_publication = publication
    galaxy.save()
    job = running_job(collection=collection, galaxy=galaxy)
    change = Change.objects.create(collection=collection, made_by=UserFactory(), reason="No cat at all")
    Decision.objects.create(change=change, image=images[0], label=label, verdict="reject")
    Occurrence.objects.create(
        collection=collection, image=images[0], source="/secret/photos", location="cats/tom.jpg", external_id="X-17"
    )
    refusal = Refusal.objects.create(
        collection=collection,
        source="/secret/photos",
        location="broken.jpg",
        code="truncated",
        message="It ends early.",
    )
    run = AnnotationRun.objects.create(
        collection=collection,
        collection_slug=collection.slug,
        annotator="google",
        lease_expires_at=timezone.now(),
        n_units=4,
    )
    UnitUsage.objects.create(run=run, feature="LABEL_DETECTION", month="2026-11", n_reserved=4, n_answered=4)
    account, _ = AnnotatorAccount.objects.get_or_create(annotator="google", defaults={"max_units_per_month": 1000})
    api_key, _ = create_api_key(UserFactory(), name="The library's own software", scopes=["annotate"])
    lost = LostAnswer.objects.create(
        sha256=images[0].current_revision.sha256,
        annotator="google",
        feature="WEB_DETECTION",
        model="m",
        parameters=str(collection.pk),
        status="unknown",
        error="The line was cut.",
    )
    taught = make_taught(label)
    return Library(
        collection, images, label, galaxy, build, publication, job, change, refusal, run, account, api_key, lost, taught
    )


def make_taught(label: Label) -> TaughtLabel:
    """A label with a version that has learned nothing, in a library that nobody has looked at."""
    taught = TaughtLabel.objects.create(collection=label.collection, label=label)
    TaughtVersion.objects.create(
        taught=taught,
        number=1,
        visual_version=VISUAL_VERSION,
        weights=bytes(257 * 4),
        n_accepts=10,
        n_rejects=5,
        cut_off=0.5,
        n_above=0,
    )
    return taught


def running_job(**values) -> Job:
    """A job that a worker holds."""
    now = timezone.now()
    values = {"kind": "annotate_images", "started_at": now, "stage_started_at": now, "attempt": 1, **values}
    return JobFactory(
        status=JobStatus.RUNNING, lease_token=uuid.uuid4(), lease_expires_at=now + timedelta(minutes=1), **values
    )
