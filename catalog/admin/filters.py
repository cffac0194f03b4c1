"""Filters of lists: only what the person may view is offered, and many terms are typed rather than listed."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from catalog.admin.shown_builds import latest_builds
from catalog.models import Cluster, EffectiveLabel, Image, Label, NearDuplicate, Position
from catalog.permissions import Verb, permitted
from catalog.services.labels import fold_term

__all__ = ["ClusterFilter", "LabelFilter", "NearDuplicateFilter", "PermittedFilter"]

COLLECTION_PARAMETER = "collection__id__exact"
# Four galaxies' worth: beyond that a list of links helps nobody, and choosing a collection first shortens it.
MAX_CLUSTERS_LISTED = 100


class PermittedFilter(admin.RelatedFieldListFilter):
    """By a collection or galaxy that the person may view."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Any:
        """Those, in their own order."""
        allowed = permitted(request.user, Verb.VIEW, field.remote_field.model._default_manager.all())
        return field.get_choices(
            include_blank=False,
            ordering=self.field_admin_ordering(field, request, model_admin),
            limit_choices_to={"pk__in": allowed.values("pk")},
        )


class LabelFilter(admin.SimpleListFilter):
    """By effective label, typed: a library has 16,000 terms. A term that stands for another finds the other's images."""

    title = "label"
    parameter_name = "label"
    template = "admin/catalog/image/label_filter.html"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """None: it is typed."""
        return []

    def has_output(self) -> bool:
        """Always shown, though there is nothing to list."""
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> QuerySet[Image]:
        """Images that carry the label, however the term is written."""
        key = fold_term(self.value() or "")
        if not key:
            return queryset
        labels = [_final_label(label) for label in Label.objects.filter(key=key)]
        return queryset.filter(Exists(EffectiveLabel.objects.filter(image=OuterRef("pk"), label__in=labels)))

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """What the template needs: the term, the other parameters to keep, where to ask for suggestions."""
        others = changelist.get_filters_params()
        kept = [(name, value) for name, values in others.items() if name != self.parameter_name for value in values]
        if changelist.query:
            kept.append(("q", changelist.query))
        yield {
            "value": self.value() or "",
            "kept": kept,
            "clear": changelist.get_query_string(remove=[self.parameter_name]),
            "suggest_url": reverse("admin:catalog_label_suggest"),
            "collection": (others.get(COLLECTION_PARAMETER) or [""])[-1],
        }


class ClusterFilter(admin.SimpleListFilter):
    """By the cluster in which the newest build of its galaxy put the image."""

    title = "cluster"
    parameter_name = "cluster"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Clusters of the chosen collection, or of all; none where they are too many to list."""
        clusters = permitted(request.user, Verb.VIEW, Cluster.objects.filter(groups__build__in=latest_builds()))
        collection = request.GET.get(COLLECTION_PARAMETER, "")
        if collection.isdecimal():
            clusters = clusters.filter(galaxy__collection=int(collection))
        rows = list(
            clusters.order_by("galaxy__title", "name")
            .values_list("pk", "name", "galaxy__title")
            .distinct()[: MAX_CLUSTERS_LISTED + 1]
        )
        several = len({galaxy for _, _, galaxy in rows}) > 1
        chosen = request.GET.get(self.parameter_name)
        if len(rows) > MAX_CLUSTERS_LISTED:
            rows = [row for row in rows if str(row[0]) == chosen]
        return [(str(pk), f"{galaxy}: {name}" if several else name) for pk, name, galaxy in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> QuerySet[Image]:
        """Images that lie in the cluster now."""
        value = self.value()
        if not value:
            return queryset
        if not value.isdecimal():
            return queryset.none()
        places = Position.objects.filter(group__cluster=int(value), build__in=latest_builds())
        return queryset.filter(pk__in=places.values("image"))


class NearDuplicateFilter(admin.SimpleListFilter):
    """By whether the image looks nearly like another one."""

    title = "near-duplicates"
    parameter_name = "duplicates"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """All of a group, or those that a library could do without."""
        return [("any", "Looks like another"), ("smaller", "A larger one is there")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> QuerySet[Image]:
        """Members of groups; with `smaller`, without the groups' heads."""
        smaller = Exists(NearDuplicate.objects.filter(image=OuterRef("pk")))
        if self.value() == "smaller":
            return queryset.filter(smaller)
        if self.value() == "any":
            return queryset.filter(smaller | Exists(NearDuplicate.objects.filter(head=OuterRef("pk"))))
        return queryset


def _final_label(label: Label) -> Label:
    """The label that an alias finally stands for; a circle of aliases stands for itself, as in catalog.services.labels."""
    seen = set()
    while label.alias_of is not None and label.pk not in seen:
        seen.add(label.pk)
        label = label.alias_of
    return label
