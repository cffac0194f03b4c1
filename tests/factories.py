"""Rows for tests, made as the services make them: constraints hold, and the files that rows name exist."""

import hashlib
import io
import json
import uuid
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import factory
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from factory.django import DjangoModelFactory
from PIL import Image as Pillow

from catalog.annotators.facts import is_unsafe
from catalog.annotators.google_answers import KEYS
from catalog.models import (
    Annotation,
    AnnotationPayload,
    AnnotationStatus,
    Build,
    Cluster,
    Collection,
    EffectiveLabel,
    Galaxy,
    Group,
    Image,
    Job,
    Label,
    MachineLabel,
    Membership,
    Occurrence,
    Position,
    Rendition,
    Revision,
    Role,
    Visibility,
)


@lru_cache(maxsize=256)
def jpeg_bytes(width: int, height: int, colour: int) -> bytes:
    """A JPEG of one colour, 0xRRGGBB."""
    buffer = io.BytesIO()
    rgb = (colour >> 16, colour >> 8 & 0xFF, colour & 0xFF)
    Pillow.new("RGB", (width, height), rgb).save(buffer, "JPEG")
    return buffer.getvalue()


class UserFactory(DjangoModelFactory[User]):
    """Somebody who can log in with the password "password" (`client.force_login` needs none)."""

    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person-{n}")
    password = factory.django.Password("password")

    class Params:
        admin = factory.Trait(is_staff=True, is_superuser=True)


class CollectionFactory(DjangoModelFactory[Collection]):
    """A private collection; `public=True` opens it."""

    class Meta:
        model = Collection

    slug = factory.Sequence(lambda n: f"collection-{n}")
    title = factory.LazyAttribute(lambda row: row.slug.replace("-", " ").capitalize())

    class Params:
        public = factory.Trait(visibility=Visibility.PUBLIC)


class MembershipFactory(DjangoModelFactory[Membership]):
    """A curator's role in a collection, unless told otherwise."""

    class Meta:
        model = Membership

    collection = factory.SubFactory(CollectionFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.CURATOR


class ImageFactory(DjangoModelFactory[Image]):
    """An image with a current revision of unique bytes, and both renditions in the storage `media`.

    `renditions=False` leaves files and their rows out. `labels={"cat": 0.9}` gives it effective labels, said by the
    local annotator, and calls it annotated.
    """

    class Meta:
        model = Image
        skip_postgeneration_save = True

    collection = factory.SubFactory(CollectionFactory)
    title = factory.Sequence(lambda n: f"Picture {n}")
    licence = "CC0 1.0"

    @factory.post_generation  # type: ignore[untyped-decorator]
    def revision(self: Any, create: bool, extracted: Revision | None, **values: Any) -> None:
        """`revision__width=…` and the like reach RevisionFactory."""
        self.current_revision = extracted or RevisionFactory(image=self, **values)
        self.save(update_fields=["current_revision"])

    @factory.post_generation  # type: ignore[untyped-decorator]
    def renditions(self: Any, create: bool, extracted: bool | None, **values: Any) -> None:
        """Both renditions unless `renditions=False`."""
        if extracted is not False:
            for kind, side in (("small", 64), ("view", 128)):
                RenditionFactory(revision=self.current_revision, kind=kind, width=side, height=side)

    @factory.post_generation  # type: ignore[untyped-decorator]
    def safe(self: Any, create: bool, extracted: bool | None, **values: Any) -> None:
        """`safe=True`: safe search has looked at it, and found nothing."""
        if extracted:
            asked = {"sha256": self.current_revision.sha256, "annotator": self.collection.annotator, "model": "m0"}
            Annotation.objects.create(**asked, feature="SAFE_SEARCH_DETECTION", status="answered", is_unsafe=False)

    @factory.post_generation  # type: ignore[untyped-decorator]
    def labels(self: Any, create: bool, extracted: dict[str, float] | None, **values: Any) -> None:
        """Term -> score."""
        for term, score in (extracted or {}).items():
            label = Label.objects.filter(collection=self.collection, key=term.casefold()).first()
            label = label or LabelFactory(collection=self.collection, term=term)
            MachineLabel.objects.create(image=self, label=label, score=score, source="local")
            EffectiveLabel.objects.create(image=self, label=label, score=score, source="local")
        if extracted is not None:
            self.annotation_status = AnnotationStatus.ANNOTATED
            self.save(update_fields=["annotation_status"])


class RevisionFactory(DjangoModelFactory[Revision]):
    """Bytes that no other revision has, 640 x 480, of one colour."""

    class Meta:
        model = Revision

    image = factory.SubFactory(ImageFactory)
    number = 1
    sha256 = factory.LazyFunction(lambda: hashlib.sha256(uuid.uuid4().bytes).hexdigest())
    size_bytes = 12_345
    format = "JPEG"
    width = 640
    height = 480
    mean_colour = factory.Sequence(lambda n: n * 0x35A7 & 0xFFFFFF)


class RenditionFactory(DjangoModelFactory[Rendition]):
    """A rendition whose file exists."""

    class Meta:
        model = Rendition
        skip_postgeneration_save = True

    revision = factory.SubFactory(RevisionFactory)
    kind = Rendition.Kind.SMALL
    width = 64
    height = 64
    storage_name = factory.LazyAttribute(
        lambda row: (
            f"{row.revision.image.collection.uuid}/{row.revision.image.uuid}/{row.revision.sha256}/{row.kind}.jpg"
        )
    )
    size_bytes = factory.LazyAttribute(lambda row: len(jpeg_bytes(row.width, row.height, row.revision.mean_colour)))

    @factory.post_generation  # type: ignore[untyped-decorator]
    def file(self: Any, create: bool, extracted: bool | None, **values: Any) -> None:
        """Written unless `file=False`."""
        if extracted is not False:
            data = jpeg_bytes(self.width, self.height, self.revision.mean_colour)
            storages["media"].save(self.storage_name, ContentFile(data))


class LabelFactory(DjangoModelFactory[Label]):
    """A term of a collection."""

    class Meta:
        model = Label

    collection = factory.SubFactory(CollectionFactory)
    term = factory.Sequence(lambda n: f"Term {n}")
    key = factory.LazyAttribute(lambda row: row.term.casefold())


class GalaxyFactory(DjangoModelFactory[Galaxy]):
    """A private galaxy of a private collection; `public=True` opens both."""

    class Meta:
        model = Galaxy

    collection = factory.SubFactory(CollectionFactory)
    slug = factory.Sequence(lambda n: f"galaxy-{n}")
    title = factory.LazyAttribute(lambda row: row.slug.replace("-", " ").capitalize())

    class Params:
        public = factory.Trait(visibility=Visibility.PUBLIC, collection__visibility=Visibility.PUBLIC)


class ClusterFactory(DjangoModelFactory[Cluster]):
    """A named, coloured cluster."""

    class Meta:
        model = Cluster

    galaxy = factory.SubFactory(GalaxyFactory)
    name = factory.Sequence(lambda n: f"cluster {n}")
    colour = factory.Sequence(lambda n: f"#{n * 0x2F35A7 & 0xFFFFFF:06x}")


class BuildFactory(DjangoModelFactory[Build]):
    """A complete build of `n_groups=2` groups of `n_images_each=3` new images, each group with a cluster of its own.

    `images=[…]` places those images instead, dealt to the groups in turn.
    """

    class Meta:
        model = Build
        skip_postgeneration_save = True

    # How to fill it; taken out before the row is made.
    images: Any = None
    n_groups = 2
    n_images_each = 3
    galaxy = factory.SubFactory(GalaxyFactory)
    number = factory.LazyAttribute(lambda row: row.galaxy.builds.count() + 1)
    input_fingerprint = factory.LazyFunction(lambda: hashlib.sha256(uuid.uuid4().bytes).hexdigest())
    n_images = factory.LazyAttribute(
        lambda row: len(row.images) if row.images is not None else row.n_groups * row.n_images_each
    )
    complete = True

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **values: Any) -> Build:
        images, n_groups, each = (values.pop(name) for name in ("images", "n_groups", "n_images_each"))
        build: Build = super()._create(model_class, *args, **values)
        if images is None:
            images = ImageFactory.create_batch(n_groups * each, collection=build.galaxy.collection)
        for number in range(min(n_groups, len(images))):
            members = images[number::n_groups]
            group = GroupFactory(build=build, number=number, n_images=len(members))
            Position.objects.bulk_create(
                Position(build=build, image=image, group=group, x=group.x + i * 0.1, y=i * 0.2, z=i * -0.1)
                for i, image in enumerate(members)
            )
        return build


class GroupFactory(DjangoModelFactory[Group]):
    """A group of a build, with a cluster of its own; without positions."""

    class Meta:
        model = Group

    build = factory.SubFactory(BuildFactory)
    number = 0
    cluster = factory.SubFactory(ClusterFactory, galaxy=factory.SelfAttribute("..build.galaxy"))
    n_images = 1
    x = factory.LazyAttribute(lambda row: row.number * 5.0)
    y = 0.0
    z = 0.0


class JobFactory(DjangoModelFactory[Job]):
    """A queued job; `start_job` is the way to make one that runs."""

    class Meta:
        model = Job

    kind = "build_galaxy"
    collection = factory.SubFactory(CollectionFactory)


def keep_answers(
    image: Image, document: dict[str, Any], *, failed: Sequence[str] = (), without: Sequence[str] = ()
) -> None:
    """Keep a document as the collection's annotator would have answered it, feature by feature.

    What it lacks was looked for and not found, unless the feature is in `without` (not looked for) or in `failed`.
    """
    row = {"sha256": image.current_revision.sha256, "annotator": image.collection.annotator, "model": "m1"}
    for feature, keys in KEYS.items():
        if feature in failed:
            Annotation.objects.create(**row, feature=feature, status="failed", error="The picture has no end.")
        elif feature not in without:
            part = {key: document[key] for key in keys if key in document}
            verdict = is_unsafe(part) if feature == "SAFE_SEARCH_DETECTION" else None
            annotation = Annotation.objects.create(**row, feature=feature, status="answered", is_unsafe=verdict)
            AnnotationPayload.objects.create(annotation=annotation, document=zlib.compress(json.dumps(part).encode()))


class OccurrenceFactory(DjangoModelFactory[Occurrence]):
    """Where an image came from."""

    class Meta:
        model = Occurrence

    image = factory.SubFactory(ImageFactory)
    collection = factory.SelfAttribute("image.collection")
    source = "test"
    location = factory.Sequence(lambda n: f"{n}.jpg")
