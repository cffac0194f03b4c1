"""What leaves through the API, field by field. Nothing of a source's paths, of people or of the house's inside is among it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Any

from django.db.models import Manager
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.annotators import LANGUAGES, translate
from catalog.models import Cluster, Collection, EffectiveLabel, Galaxy, Image, Label, PublishedFeature
from catalog.services.documents import assemble_document, read_colours

NO_UUID = "00000000-0000-0000-0000-000000000000"
AS_THEY_ARE = ("title", "description", "creator", "credit", "licence", "source_url", "hidden")


def _in_iso(at: datetime, zone: tzinfo) -> str:
    """A time as DRF writes it."""
    return at.astimezone(zone).isoformat().replace("+00:00", "Z")


def _absolute(context: Mapping[str, Any], view_name: str, **kwargs: Any) -> str:
    return str(context["request"].build_absolute_uri(reverse(view_name, kwargs=kwargs)))


def _may_learn(image: Image, feature: PublishedFeature) -> bool:
    """Whether the person has a role, or a galaxy that shows them the image publishes the feature (`is_known`, `places`: the view's)."""
    shown: list[Any] = image.places  # type: ignore[attr-defined]  # see places.py
    return image.is_known or any(feature in place.published_features for place in shown)  # type: ignore[attr-defined]  # see places.py


def attach_labels(images: Sequence[Image]) -> None:
    """Give each image `told_labels`, as EffectiveLabelSerializer describes them: one query, and no row becomes an object on its way."""
    told: dict[int, list[dict[str, Any]]] = {image.pk: [] for image in images}
    rows = EffectiveLabel.objects.filter(image__in=list(told)).order_by("-score", "label__key")
    for image_id, term, score, source in rows.values_list("image_id", "label__term", "score", "source"):
        told[image_id].append({"term": term, "score": score, "source": source})
    for image in images:
        image.told_labels = told[image.pk]  # type: ignore[attr-defined]  # for the serializer


class CollectionSerializer(serializers.ModelSerializer[Collection]):
    """One library's images."""

    n_images = serializers.IntegerField(read_only=True, help_text="Images that you may see.")

    class Meta:
        model = Collection
        fields = ["uuid", "slug", "title", "description", "visibility", "n_images", "created_at"]
        read_only_fields = fields


class EffectiveLabelSerializer(serializers.ModelSerializer[EffectiveLabel]):
    """A term that holds for an image."""

    term = serializers.CharField(source="label.term", read_only=True)

    class Meta:
        model = EffectiveLabel
        fields = ["term", "score", "source"]
        read_only_fields = fields


class ImageClusterSerializer(serializers.Serializer[Any]):
    """The cluster that an image is shown in by one galaxy; made of a position that explorer.api.places annotated."""

    uuid = serializers.UUIDField(source="cluster_uuid")
    name = serializers.CharField(source="cluster_name")
    colour = serializers.CharField(source="cluster_colour", help_text="#rrggbb")
    galaxy = serializers.CharField(source="galaxy_slug", help_text="Slug of the galaxy.")


class RenditionsSerializer(serializers.Serializer[Any]):
    """Addresses of the derived pictures, JPEG."""

    small = serializers.URLField(help_text="Short side 320 pixels, never larger than the original.")
    view = serializers.URLField(help_text="Long side 2,048 pixels, never larger than the original.")


class ImageListSerializer(serializers.ListSerializer[Any]):
    """Many images: their labels are read at once, as plain rows."""

    def to_representation(self, data: Any) -> list[Any]:
        """Each as the serializer of one tells it."""
        images = list(data.all() if isinstance(data, Manager) else data)
        attach_labels(images)
        tell = self.child.to_representation  # type: ignore[union-attr]  # many=True gives it one
        return [tell(image) for image in images]


class ImageSerializer(serializers.ModelSerializer[Image]):
    """One picture with the labels that hold for it and where the current publications show it."""

    collection = serializers.SlugRelatedField[Collection](slug_field="slug", read_only=True)
    width = serializers.IntegerField(
        source="current_revision.width", read_only=True, allow_null=True, default=None, help_text="Pixels, upright."
    )
    height = serializers.IntegerField(
        source="current_revision.height", read_only=True, allow_null=True, default=None, help_text="Pixels, upright."
    )
    status = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="How far annotation came: waiting, annotated, failed. Null for people without a role in the collection.",
    )
    # Not a URLField: it may be empty.
    source_url = serializers.CharField(read_only=True)
    labels = serializers.SerializerMethodField(
        help_text="Strongest first; null where you may not know: no galaxy that you may see publishes them."
    )
    clusters = serializers.SerializerMethodField(help_text="One for each published galaxy that you may see.")
    renditions = serializers.SerializerMethodField(help_text="Null while the picture has no bytes.")

    class Meta:
        model = Image
        list_serializer_class = ImageListSerializer
        fields = [
            "uuid",
            "collection",
            "title",
            "description",
            "creator",
            "credit",
            "licence",
            "source_url",
            "width",
            "height",
            "hidden",
            "status",
            "created_at",
            "updated_at",
            "renditions",
            "labels",
            "clusters",
        ]
        read_only_fields = fields

    def to_representation(self, image: Image) -> dict[str, Any]:
        """The fields above, read straight from the row: field by field, a list of a hundred would take three times as long."""
        told = {name: getattr(image, name) for name in AS_THEY_ARE}
        told |= {
            "uuid": str(image.uuid),
            "collection": image.told_collection,  # type: ignore[attr-defined]  # see places.py
            "width": image.told_width,  # type: ignore[attr-defined]  # see places.py
            "height": image.told_height,  # type: ignore[attr-defined]  # see places.py
            # Of the house's inside, so for its people.
            "status": image.annotation_status if image.is_known else None,  # type: ignore[attr-defined]  # see places.py
            "created_at": _in_iso(image.created_at, self._zone),
            "updated_at": _in_iso(image.updated_at, self._zone),
            "renditions": self.get_renditions(image),
            "labels": self.get_labels(image),
            "clusters": self.get_clusters(image),
        }
        for name in self.Meta.fields:
            if name not in told:  # a field of a serializer that tells more
                told[name] = self.fields[name].to_representation(self.fields[name].get_attribute(image))
        return {name: told[name] for name in self.Meta.fields}

    @extend_schema_field(EffectiveLabelSerializer(many=True, allow_null=True))
    def get_labels(self, image: Image) -> Any:
        """What holds for the image, for those who may learn it."""
        if not _may_learn(image, PublishedFeature.LABELS):
            return None
        if not hasattr(image, "told_labels"):
            attach_labels([image])
        return image.told_labels  # type: ignore[attr-defined]  # attach_labels gives them

    @extend_schema_field(ImageClusterSerializer(many=True))
    def get_clusters(self, image: Image) -> Any:
        """From the positions that the view fetched beforehand (`places`)."""
        return [
            {
                "uuid": str(place.cluster_uuid),
                "name": place.cluster_name,
                "colour": place.cluster_colour,
                "galaxy": place.galaxy_slug,
            }
            for place in image.places  # type: ignore[attr-defined]  # see places.py
        ]

    @extend_schema_field(RenditionsSerializer(allow_null=True))
    def get_renditions(self, image: Image) -> Any:
        """The addresses at the media door."""
        if image.current_revision_id is None:
            return None
        return {kind: address.replace(NO_UUID, str(image.uuid)) for kind, address in self._rendition_addresses.items()}

    @cached_property
    def _zone(self) -> tzinfo:
        return timezone.get_current_timezone()

    @cached_property
    def _rendition_addresses(self) -> dict[str, str]:
        """By kind, with a uuid to be replaced: to look up two hundred of them in the table of addresses takes half a list's time."""
        return {
            kind: _absolute(self.context, "explorer:rendition", image_uuid=NO_UUID, kind=kind)
            for kind in ("small", "view")
        }


class ColourSerializer(serializers.Serializer[Any]):
    """A dominant colour of a picture."""

    colour = serializers.CharField(help_text="#rrggbb")
    score = serializers.FloatField()
    pixel_fraction = serializers.FloatField()


class ImageDetailSerializer(ImageSerializer):
    """One picture, with its dominant colours."""

    colours = serializers.SerializerMethodField(
        help_text="Strongest first; empty when nobody looked for them; null where no galaxy that you may see publishes them."
    )

    class Meta(ImageSerializer.Meta):
        fields = [*ImageSerializer.Meta.fields, "colours"]
        read_only_fields = fields

    @extend_schema_field(ColourSerializer(many=True, allow_null=True))
    def get_colours(self, image: Image) -> Any:
        """Read from what the annotator answered, for those who may learn it."""
        if not _may_learn(image, PublishedFeature.COLOURS):
            return None
        return read_colours(assemble_document(image))


class LabelSerializer(serializers.ModelSerializer[Label]):
    """A term of a collection."""

    collection = serializers.SlugRelatedField[Collection](slug_field="slug", read_only=True)
    alias_of = serializers.SlugRelatedField[Label](
        slug_field="term",
        read_only=True,
        allow_null=True,
        help_text="The term that this one was renamed to or merged into.",
    )
    n_images = serializers.IntegerField(read_only=True, help_text="Images with this label that you may see.")
    translations = serializers.SerializerMethodField(
        help_text="The term by language (de), where its concept is known there."
    )

    class Meta:
        model = Label
        fields = ["term", "collection", "vocabulary", "concept_id", "translations", "alias_of", "n_images"]
        read_only_fields = fields

    def get_translations(self, label: Label) -> dict[str, str]:
        """Known words of the concept."""
        return {language: term for language in LANGUAGES if (term := translate(label.concept_id, language))}


class ClusterSerializer(serializers.ModelSerializer[Cluster]):
    """A named, coloured part of a galaxy."""

    galaxy = serializers.SlugRelatedField[Galaxy](slug_field="slug", read_only=True)
    n_images = serializers.IntegerField(
        read_only=True, help_text="That the published build put here, before pins and hidden ones."
    )
    cover = serializers.SerializerMethodField(help_text="Address of the small rendition of the chosen cover.")

    class Meta:
        model = Cluster
        fields = ["uuid", "galaxy", "name", "colour", "description", "hidden", "tour_order", "n_images", "cover"]
        read_only_fields = fields

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_cover(self, cluster: Cluster) -> str | None:
        """None without a cover, or with one that the person may not see."""
        if cluster.cover is None or not cluster.shows_cover:  # type: ignore[attr-defined]  # annotated by the view
            return None
        return _absolute(self.context, "explorer:rendition", image_uuid=cluster.cover.uuid, kind="small")


class GalaxySerializer(serializers.ModelSerializer[Galaxy]):
    """A map of a collection that a link names, as it is published now."""

    collection = serializers.SlugRelatedField[Collection](slug_field="slug", read_only=True)
    n_images = serializers.IntegerField(
        source="current_publication.n_images", read_only=True, default=0, help_text="In the current publication."
    )
    build = serializers.IntegerField(
        source="current_publication.build.number",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="The number of the build that is published; null while nothing is.",
    )
    published_at = serializers.DateTimeField(
        source="current_publication.published_at", read_only=True, allow_null=True, default=None
    )
    page = serializers.SerializerMethodField(help_text="Where to look at it.")
    pointer = serializers.SerializerMethodField(
        help_text="Where the published files begin (docs/adr/0001-artifact-format.md); null while nothing is published."
    )

    class Meta:
        model = Galaxy
        fields = [
            "uuid",
            "slug",
            "collection",
            "title",
            "description",
            "visibility",
            "n_images",
            "build",
            "published_at",
            "page",
            "pointer",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.URLField())
    def get_page(self, galaxy: Galaxy) -> str:
        """By its uuid where only a link leads there."""
        if galaxy.visibility == galaxy.collection.visibility == "public":
            return _absolute(self.context, "explorer:galaxy", slug=galaxy.slug)
        return _absolute(self.context, "explorer:galaxy-link", galaxy_uuid=galaxy.uuid)

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_pointer(self, galaxy: Galaxy) -> str | None:
        """The pointer file at the artifact door."""
        if galaxy.current_publication_id is None:
            return None
        return _absolute(self.context, "explorer:artifact", galaxy_uuid=galaxy.uuid, name="current.json")
