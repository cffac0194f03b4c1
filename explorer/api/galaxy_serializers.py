"""What is asked and told of galaxies: settings, builds, publications, comparisons."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from catalog.models import Build, Galaxy, Publication, PublishedFeature
from catalog.services.galaxy_edit import GALAXY_SETTINGS

MAX_IMAGES = 1000


class GalaxySettingsSerializer(serializers.ModelSerializer[Galaxy]):
    """All that is set of a galaxy."""

    published_features = serializers.ListField(
        child=serializers.ChoiceField(PublishedFeature.choices),
        required=False,
        help_text="What visitors learn of each image.",
    )
    extra_cluster_labels = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        max_length=40,
        help_text="Labels with clusters of their own.",
    )

    class Meta:
        model = Galaxy
        fields = ["uuid", *GALAXY_SETTINGS]
        read_only_fields = ["uuid"]
        # The service says which address is taken, after the permission was asked.
        extra_kwargs: Mapping[str, Any] = {"slug": {"validators": [], "max_length": 80}}


class NewGalaxySerializer(GalaxySettingsSerializer):
    """Settings, and of which collection."""

    collection = serializers.CharField(write_only=True, max_length=80, help_text="Slug or uuid of the collection.")

    class Meta(GalaxySettingsSerializer.Meta):
        fields = ["collection", *GalaxySettingsSerializer.Meta.fields]


class JobAnswerSerializer(serializers.Serializer[Any]):
    """The job that was started, or an equal one that waits already."""

    job = serializers.UUIDField()


class ForceSerializer(serializers.Serializer[Any]):
    """How to build."""

    force = serializers.BooleanField(default=False, help_text="Build although nothing changed.")


class UpdateSerializer(serializers.Serializer[Any]):
    """Who finds a place."""

    replace = serializers.ChoiceField(
        ["", "stale"],
        default="",
        help_text="stale: images whose labels changed find a new place, too; all others stay to the bit.",
    )


class PublishSerializer(serializers.Serializer[Any]):
    """What one says by publishing."""

    despite_safe_search = serializers.BooleanField(
        default=False, help_text="Everybody may see the images although safe search has not looked at all of them."
    )


class RollBackSerializer(serializers.Serializer[Any]):
    """To what."""

    publication = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, help_text="Its number, as publications/ tells."
    )


class WithdrawSerializer(serializers.Serializer[Any]):
    """Whom, and why."""

    images = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MAX_IMAGES)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class WithdrawnSerializer(JobAnswerSerializer):
    """How many were not hidden before, and the job that rewrites the files; null where nothing is published."""

    job = serializers.UUIDField(allow_null=True)
    n_images = serializers.IntegerField()


class TourSerializer(serializers.Serializer[Any]):
    """Clusters, in their order; those not named come after them."""

    clusters = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=255)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class TourDoneSerializer(serializers.Serializer[Any]):
    """The change, which can be undone; null where it was so already."""

    change = serializers.UUIDField(allow_null=True)


class BuildSerializer(serializers.ModelSerializer[Build]):
    """One run of laying out."""

    class Meta:
        model = Build
        fields = ["number", "created_at", "n_images", "random_state", "parameters", "quality"]
        read_only_fields = fields


class PublicationSerializer(serializers.ModelSerializer[Publication]):
    """What visitors see, or could be shown again."""

    publication = serializers.IntegerField(source="pk", help_text="Its number, by which one goes back to it.")
    build = serializers.IntegerField(source="build.number")
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = Publication
        fields = ["publication", "build", "published_at", "n_images", "size_bytes", "is_current"]
        read_only_fields = fields

    def get_is_current(self, publication: Publication) -> bool:
        """Whether visitors see it now."""
        return publication.pk == publication.galaxy.current_publication_id


class ComparedClusterSerializer(serializers.Serializer[Any]):
    """A cluster in both builds."""

    uuid = serializers.UUIDField()
    name = serializers.CharField()
    n_before = serializers.IntegerField()
    n_after = serializers.IntegerField()
    n_came = serializers.IntegerField()
    n_left = serializers.IntegerField()


class ComparisonSerializer(serializers.Serializer[Any]):
    """What became of images from one build to another."""

    before = serializers.IntegerField()
    after = serializers.IntegerField()
    n_shared = serializers.IntegerField()
    n_new = serializers.IntegerField()
    n_gone = serializers.IntegerField()
    n_moved_cluster = serializers.IntegerField()
    median_move = serializers.FloatField(allow_null=True, help_text="As a share of the galaxy's radius.")
    clusters = ComparedClusterSerializer(many=True)
