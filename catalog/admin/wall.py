"""The wall: one collection's images as thumbnails, filtered every way at once, decided about by keyboard or in bulk."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import F, OuterRef, Prefetch, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from catalog.admin.addresses import rendition_address
from catalog.admin.filters import COLLECTION_PARAMETER
from catalog.admin.policy import PolicyAdmin, may
from catalog.admin.shown_builds import latest_builds
from catalog.models import (
    AnnotationStatus,
    Cluster,
    Collection,
    Decision,
    EffectiveLabel,
    Image,
    Label,
    TaughtLabel,
)
from catalog.permissions import Verb, permitted, permitted_by_role
from catalog.search import Selection, SelectionError, select_images
from catalog.search.selection import final_label

__all__ = ["WallAdmin", "collection_of", "wall_address"]

PAGE_SIZE = 60
MAX_COUNTED = 10_000  # counting on costs more than knowing helps; what a decision is about is counted to the last one
N_LABELS = 8
MAX_CLUSTERS = 200

YES_NO = [("", "Either"), ("true", "Yes"), ("false", "No")]
ORDERS = [("", "Newest first"), ("oldest", "Oldest first"), ("score", "Surest first"), ("unsure", "Least sure first")]

# Filters that stay folded up until one is used.
MORE = [
    "source",
    "min_score",
    "max_score",
    "status",
    "faces",
    "text",
    "year_from",
    "year_to",
    "duplicates",
    "hidden",
    "order",
]


class WallForm(forms.Form):
    """Every filter of a Selection as something to fill in. The selection itself checks what was written."""

    collection = forms.ChoiceField()
    q = forms.CharField(label="Search", required=False)
    label = forms.CharField(required=False)
    source = forms.ChoiceField(label="Said by", required=False)
    min_score = forms.CharField(label="Score from", required=False)
    max_score = forms.CharField(label="to", required=False)
    cluster = forms.ChoiceField(required=False)
    status = forms.ChoiceField(label="Annotation", choices=[("", "Any"), *AnnotationStatus.choices], required=False)
    faces = forms.ChoiceField(choices=[("", "Any"), ("true", "Found"), ("false", "None found")], required=False)
    text = forms.ChoiceField(choices=[("", "Any"), ("true", "Found"), ("false", "None found")], required=False)
    year_from = forms.CharField(label="Year from", required=False)
    year_to = forms.CharField(label="to", required=False)
    duplicates = forms.ChoiceField(
        label="Near-duplicates",
        choices=[("", "Any"), ("any", "Looks like another"), ("smaller", "A larger one is there")],
        required=False,
    )
    hidden = forms.ChoiceField(choices=YES_NO, required=False)
    order = forms.ChoiceField(choices=ORDERS, required=False)

    def __init__(self, data: Any, *, collection: Collection, collections: Iterable[Collection]) -> None:
        super().__init__(data)
        # Typed, not forms.NumberInput: `0.5` must not be refused where decimals have commas.
        for name in ("min_score", "max_score"):
            self.fields[name].widget.attrs = {"inputmode": "decimal", "size": 4, "placeholder": "0 to 1"}
        for name in ("year_from", "year_to"):
            self.fields[name].widget.attrs = {"inputmode": "numeric", "size": 5, "placeholder": "1900"}
        self.fields["q"].widget = forms.TextInput(attrs={"type": "search", "placeholder": "Words or parts of words"})
        self.fields["label"].widget = forms.TextInput(
            attrs={
                "list": "galaxy-terms",
                "autocomplete": "off",
                "placeholder": "A label",
                "data-suggest-url": reverse("admin:catalog_label_suggest"),
                "data-collection": collection.pk,
            }
        )
        choices: dict[str, Any] = {
            "collection": [(row.pk, str(row)) for row in collections],
            "cluster": [("", "Any"), *_cluster_choices(collection, data.get("cluster", ""))],
            "source": [("", "Anybody"), *_source_choices(collection)],
        }
        for name, rows in choices.items():
            self.fields[name].choices = rows  # type: ignore[attr-defined]  # a ChoiceField


@dataclass(frozen=True)
class Wall:
    """What one page of the wall shows."""

    tiles: list[dict[str, Any]]
    count: str
    page: int
    has_next: bool


class WallAdmin(PolicyAdmin[Image]):
    """Adds `wall/` to the images."""

    def get_urls(self) -> list[URLPattern]:
        """The wall before Django's own, which takes anything for an id."""
        view = self.admin_site.admin_view(self.wall_view)
        return [path("wall/", view, name="catalog_image_wall"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The table, with the way to the wall of the same collection and label."""
        names = {"collection": COLLECTION_PARAMETER, "label": "label"}
        kept = {name: value for name, other in names.items() if (value := request.GET.get(other))}
        roles = permitted_by_role(request.user, Verb.VIEW, Collection.objects.all())
        if (wanted := kept.get("collection", "")).isdecimal():
            roles = roles.filter(pk=int(wanted))
        wall = reverse("admin:catalog_image_wall", query=kept) if roles.exists() else ""
        return super().changelist_view(request, {**(extra_context or {}), "wall": wall})

    def wall_view(self, request: HttpRequest) -> HttpResponse:
        """A page of thumbnails."""
        collections = list(permitted_by_role(request.user, Verb.VIEW, Collection.objects.order_by("title", "pk")))
        if not collections:
            raise Http404("You have a role in no collection.")
        collection = collection_of(request, collections)
        error: SelectionError | None = None
        params = request.GET.copy()
        # The wall keeps filters from page to page and hands them on; images that were named one by one it would lose, and mean all.
        params.pop("uuids", None)
        try:
            selection = Selection.from_params(collection, params)
        except SelectionError as wrong:
            selection, error = Selection(collection.pk), wrong
        images = permitted(request.user, Verb.VIEW, Image.objects.all())
        wall = Wall([], "No images", 1, False) if error else _read_wall(request, selection, images)
        context = {
            **self.admin_site.each_context(request),
            "title": "Wall of images",
            "opts": self.opts,
            "media": self.media,
            "collection": collection,
            "form": WallForm(
                request.GET or {"collection": collection.pk}, collection=collection, collections=collections
            ),
            "error": f"{error.field.replace('_', ' ').capitalize()}: {error.message}" if error else "",
            "wall": wall,
            "chips": [] if error else _chips(request, selection),
            "more_is_used": any(request.GET.get(name) for name in MORE),
            "selection": selection_query(selection),
            "may_decide": may(request, Verb.CURATE, collection),
            "label": selection.label,
            "next": _address(request, page=wall.page + 1) if wall.has_next else "",
            "previous": _address(request, page=wall.page - 1) if wall.page > 1 else "",
            "here": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/catalog/image/wall.html", context)


def wall_address(collection: Collection, **filters: str) -> str:
    """The wall of a collection's images, filtered."""
    return reverse("admin:catalog_image_wall", query={"collection": collection.pk, **filters})


def collection_of(request: HttpRequest, collections: list[Collection]) -> Collection:
    """The one that the address names, or the first; Http404 for one that the person has no role in."""
    wanted = request.GET.get("collection", "") or request.POST.get("collection", "")
    if not wanted:
        return collections[0]
    for collection in collections:
        if str(collection.pk) == wanted:
            return collection
    raise Http404("There is no such collection.")


def selection_query(selection: Selection) -> dict[str, str]:
    """The parameters of an address that name the selection again; not which images were chosen one by one."""
    words = {True: "true", False: "false"}
    said = {name: value for name, value in selection.as_json().items() if name != "uuids"}
    return {name: words[value] if isinstance(value, bool) else str(value) for name, value in said.items()}


def _read_wall(request: HttpRequest, selection: Selection, images: QuerySet[Image]) -> Wall:
    rows = select_images(selection, images)
    n_found = rows[: MAX_COUNTED + 1].count()
    page = request.GET.get("page", "")
    number = max(int(page), 1) if page.isdecimal() and len(page) < 8 else 1
    label = final_label(selection.collection, selection.label) if selection.label else None
    start = (number - 1) * PAGE_SIZE
    ordered = _in_order(rows, request.GET.get("order", ""), label)
    labels = EffectiveLabel.objects.select_related("label").order_by("-score", "label__key")
    found = list(ordered.prefetch_related(Prefetch("effective_labels", queryset=labels))[start : start + PAGE_SIZE + 1])
    return Wall(
        tiles=_tiles(found[:PAGE_SIZE], label),
        count=_in_words(n_found),
        page=number,
        has_next=len(found) > PAGE_SIZE,
    )


def _in_words(n_found: int) -> str:
    if n_found > MAX_COUNTED:
        return f"{MAX_COUNTED:,}+ images"
    return {0: "No images", 1: "1 image"}.get(n_found, f"{n_found:,} images")


def _in_order(rows: QuerySet[Image], order: str, label: Label | None) -> QuerySet[Image]:
    """By the score of the label that is filtered by, where one is; else by when they came."""
    if order == "oldest":
        return rows.order_by("pk")
    if label is None or order not in {"score", "unsure"}:
        return rows.order_by("-pk")
    said = EffectiveLabel.objects.filter(image=OuterRef("pk"), label=label).values("score")[:1]
    scored = rows.annotate(wall_score=Subquery(said))
    by = F("wall_score").asc(nulls_last=True) if order == "unsure" else F("wall_score").desc(nulls_last=True)
    return scored.order_by(by, "-pk")


def _tiles(images: list[Image], label: Label | None) -> list[dict[str, Any]]:
    rejected = _rejected(images, label)
    return [
        {
            "image": image,
            "small": rendition_address(image.uuid, "small") if image.current_revision_id else "",
            "view": rendition_address(image.uuid, "view") if image.current_revision_id else "",
            "labels": [
                {"term": row.label.term, "score": f"{row.score:.2f}", "source": row.source}
                for row in list(image.effective_labels.all())[:N_LABELS]
            ],
            "score": next(
                (f"{row.score:.2f}" for row in image.effective_labels.all() if label and row.label_id == label.pk), ""
            ),
            "is_rejected": image.pk in rejected,
        }
        for image in images
    ]


def _rejected(images: list[Image], label: Label | None) -> set[int]:
    """Those of whom somebody said that the label is wrong; shown where a search still finds them."""
    if label is None:
        return set()
    said = Decision.objects.filter(image__in=images, label=label, verdict="reject", change__undone_at=None)
    return set(said.values_list("image", flat=True))


def _cluster_choices(collection: Collection, chosen: str) -> list[tuple[str, str]]:
    """Clusters of the newest builds; where they are too many to list, the chosen one."""
    clusters = Cluster.objects.filter(galaxy__collection=collection, groups__build__in=latest_builds())
    named = clusters.order_by("galaxy__title", "name").values_list("uuid", "name", "galaxy__title").distinct()
    rows = list(named[: MAX_CLUSTERS + 1])
    several = len({galaxy for _, _, galaxy in rows}) > 1
    if len(rows) > MAX_CLUSTERS:
        rows = [row for row in rows if str(row[0]) == chosen]
    return [(str(uuid), f"{galaxy}: {name}" if several else name) for uuid, name, galaxy in rows]


def _source_choices(collection: Collection) -> list[tuple[str, str]]:
    """People, sidecars, the collection's annotator, and the labels that were taught."""
    annotators = {collection.annotator, "local", "google"}
    plain = [("decision", "A person"), ("sidecar", "A sidecar"), *((name, name) for name in sorted(annotators))]
    taught = TaughtLabel.objects.filter(collection=collection, current_version__isnull=False).select_related("label")
    return plain + [(row.annotator, f"taught: {row.label.term}") for row in taught[:MAX_CLUSTERS]]


def _address(request: HttpRequest, **changes: Any) -> str:
    """This page with other parameters; None takes one away."""
    params = request.GET.copy()
    for name, value in changes.items():
        params.pop(name, None)
        if value is not None:
            params[name] = str(value)
    return f"?{params.urlencode()}"


def _chips(request: HttpRequest, selection: Selection) -> list[dict[str, str]]:
    """What is filtered by, each with the address without it."""
    said = selection_query(selection)
    said.pop("collection")
    if selection.cluster is not None:
        said["cluster"] = Cluster.objects.values_list("name", flat=True).get(uuid=selection.cluster)
    return [
        {"name": name.replace("_", " "), "value": value, "without": _address(request, **{name: None, "page": None})}
        for name, value in said.items()
    ]
