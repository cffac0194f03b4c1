"""What lists can be narrowed by. A filter that names what is not there, or may not be seen, is a 400, never an empty list."""

from typing import Any

import django_filters
from django.db.models import BigIntegerField, Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from rest_framework.exceptions import ValidationError

from catalog.models import (
    AnnotationStatus,
    Cluster,
    Collection,
    EffectiveLabel,
    Galaxy,
    Group,
    Image,
    Label,
    Pin,
    Position,
    PublishedFeature,
)
from catalog.permissions import Verb, permitted, permitted_by_role
from catalog.services.labels import fold_term
from explorer.api.places import find_places, images_told
from explorer.names import find_named, is_uuid

Rows = QuerySet[Any, Any]


class NamedFilterSet(django_filters.FilterSet):  # type: ignore[misc]  # the library has no types
    """Filters whose value is the name of something that the person must be allowed to see."""

    def find(self, model: type[Model], field: str, name: str) -> Any:
        """The one row of that name. A ValidationError when there is none, or none to be seen by this person."""
        # Clusters have no slug.
        if model is Cluster and not is_uuid(name):
            raise ValidationError({field: f"Expected a uuid, got {name[:80]!r}."})
        row = find_named(self.request.user, model._default_manager.all(), name).first()
        if row is None:
            raise ValidationError(
                {field: f"There is no {model._meta.verbose_name} {name[:80]!r}, or none that you may see."}
            )
        return row

    def in_collection(self, rows: Rows, field: str, name: str) -> Rows:
        """Rows of the collection of that name."""
        return rows.filter(collection=self.find(Collection, field, name))

    def in_galaxy(self, rows: Rows, field: str, name: str) -> Rows:
        """Rows of the galaxy of that name."""
        return rows.filter(galaxy=self.find(Galaxy, field, name))


class ImageFilterSet(NamedFilterSet):
    """Narrows a list of images; several filters must all hold."""

    collection = django_filters.CharFilter(method="in_collection", help_text="Slug or uuid of the collection.")
    galaxy = django_filters.CharFilter(
        method="shown_in_galaxy", help_text="Slug or uuid of a galaxy: images in its current publication."
    )
    cluster = django_filters.CharFilter(
        method="shown_in_cluster", help_text="uuid of a cluster: images that the current publication shows in it."
    )
    label = django_filters.CharFilter(
        method="with_label",
        help_text="A whole term, in any case; a renamed or merged term finds its new name's images.",
    )
    min_score = django_filters.NumberFilter(
        method="with_score",
        min_value=0,
        max_value=1,
        help_text="Least score, 0 to 1, of the label asked for; of any label when none is.",
    )
    hidden = django_filters.BooleanFilter(help_text="Hidden images are seen by people with a role only.")
    status = django_filters.ChoiceFilter(
        field_name="annotation_status",
        choices=AnnotationStatus,
        method="with_status",
        help_text="How far annotation came; finds images of collections in which you have a role.",
    )
    updated_since = django_filters.IsoDateTimeFilter(
        field_name="updated_at", lookup_expr="gte", help_text="ISO 8601, such as 2026-01-31T12:00:00Z."
    )

    # The collection, once it is found, and whether the person has a role in it. Filters are asked in the order in which they stand above.
    _collection: Any = None
    _is_known = False

    class Meta:
        model = Image
        fields: list[str] = []

    def in_collection(self, rows: Rows, field: str, name: str) -> Rows:
        """Images of the collection of that name."""
        known = self.request.parser_context["view"].known_collection()
        self._collection, self._is_known = known or self.find(Collection, field, name), known is not None
        return rows if known else rows.filter(collection=self._collection)

    def shown_in_galaxy(self, rows: Rows, field: str, name: str) -> Rows:
        """Images in the galaxy's current publication, but for those of clusters that the person may not see."""
        galaxy = self.find(Galaxy, field, name)
        places = find_places(clusters_shown(self.request.user, {field: name}), galaxy=galaxy)
        return rows.filter(Exists(places.filter(image=OuterRef("pk"))))

    def shown_in_cluster(self, rows: Rows, field: str, name: str) -> Rows:
        """Images that the current publication of the cluster's galaxy shows in it."""
        cluster = self.find(Cluster, field, name)
        positions = Position.objects.filter(build__publications__current_of=cluster.galaxy_id)
        groups = Group.objects.filter(cluster=cluster, build__publications__current_of=cluster.galaxy_id)
        pins = Pin.objects.filter(galaxy=cluster.galaxy_id)
        # The same as by find_places, which looks at one image after the other where these two lists are read once.
        of_groups = Position.objects.filter(group__in=groups.order_by().values("pk")).exclude(
            image__in=pins.values("image")
        )
        pinned = pins.filter(Exists(positions.filter(image=OuterRef("image"))), cluster=cluster)
        return rows.filter(Q(pk__in=of_groups.values("image")) | Q(pk__in=pinned.values("image")))

    def with_label(self, rows: Rows, field: str, term: str) -> Rows:
        """Images with that label, and with that label at the least score if one is asked for; of those whose labels one may learn."""
        # A renamed or merged term, or a merged one of a merged one, leads to the label that holds.
        labels = self._labels().filter(key=fold_term(term))
        labels = labels.annotate(final=Coalesce("alias_of__alias_of", "alias_of", "pk", output_field=BigIntegerField()))
        return self._carrying(rows, label__in=labels.values("final"))

    def with_score(self, rows: Rows, field: str, min_score: float) -> Rows:
        """Images with any label at the least score; where a label is asked for, `with_label` has seen to it."""
        if self.form.cleaned_data.get("label"):
            return rows
        return self._carrying(rows)

    def _labels(self) -> QuerySet[Label]:
        """Those of the collection that is asked for; a term is found there by an index."""
        return Label.objects.all() if self._collection is None else Label.objects.filter(collection=self._collection)

    def _carrying(self, rows: Rows, **label: Any) -> Rows:
        """Images with such a label at the least score that is asked for. What is not told must not be found by, either."""
        found = EffectiveLabel.objects.filter(**label)
        if (min_score := self.form.cleaned_data.get("min_score")) is not None:
            found = found.filter(score__gte=min_score)
        if self._is_known:
            # The images of one label are read from its index; whether an image has any at all, from the image's own labels.
            if label:
                return rows.filter(pk__in=found.order_by().values("image"))
            return rows.filter(Exists(found.filter(image=OuterRef("pk"))))
        clusters = clusters_shown(self.request.user, self.request.query_params)
        told = images_told(self.request.user, clusters, PublishedFeature.LABELS)
        return rows.filter(told, Exists(found.filter(image=OuterRef("pk"))))

    def with_status(self, rows: Rows, field: str, status: str) -> Rows:
        """Images whose annotation came that far, in collections whose inside the person knows."""
        return permitted_by_role(self.request.user, Verb.VIEW, rows).filter(annotation_status=status)


class LabelFilterSet(NamedFilterSet):
    """Narrows a list of labels."""

    collection = django_filters.CharFilter(method="in_collection", help_text="Slug or uuid of the collection.")
    q = django_filters.CharFilter(method="begins_with", help_text="How the term begins, in any case.")

    class Meta:
        model = Label
        fields: list[str] = []

    def begins_with(self, rows: Rows, field: str, beginning: str) -> Rows:
        """Labels whose term begins so."""
        return rows.filter(key__startswith=fold_term(beginning))


class ClusterFilterSet(NamedFilterSet):
    """Narrows a list of clusters."""

    galaxy = django_filters.CharFilter(method="in_galaxy", help_text="Slug or uuid of the galaxy.")

    class Meta:
        model = Cluster
        fields: list[str] = []


class GalaxyFilterSet(NamedFilterSet):
    """Narrows a list of galaxies."""

    collection = django_filters.CharFilter(method="in_collection", help_text="Slug or uuid of the collection.")

    class Meta:
        model = Galaxy
        fields: list[str] = []


def clusters_shown(user: Any, params: Any) -> QuerySet[Cluster]:
    """The clusters that a list of images may tell of: of the galaxy or cluster it is narrowed to, else of all that may be seen.

    The uuid of an image is no link to a galaxy, so without such a name those galaxies only that need no link.
    """
    if name := params.get("galaxy", "").strip():
        rows = Cluster.objects.filter(**{f"galaxy__{'uuid' if is_uuid(name) else 'slug'}": name})
        return permitted(user, Verb.VIEW, rows, by_link=is_uuid(name))
    if is_uuid(name := params.get("cluster", "").strip()):
        return permitted(user, Verb.VIEW, Cluster.objects.filter(uuid=name), by_link=True)
    return permitted(user, Verb.VIEW, Cluster.objects.all())
