"""Galaxies: their settings, what is published, and their builds."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin.addresses import galaxy_address
from catalog.admin.build import BuildInline, trustworthiness
from catalog.admin.filters import PermittedFilter
from catalog.admin.galaxy_pages import GalaxyPages
from catalog.admin.job_actions import JobAction, JobActionAdmin, register_job_action
from catalog.admin.looking import annotator_field, features_field
from catalog.admin.opening import check_opening
from catalog.admin.pictures import NOTHING, admin_link, thumbnails
from catalog.admin.policy import may, person_of
from catalog.admin.shown_builds import count_images, find_covers
from catalog.admin.stale import WatchedForm
from catalog.models import Build, Cluster, Collection, Galaxy, Publication, PublishedFeature, Visibility
from catalog.permissions import Verb
from catalog.services.collections import edit_looking
from catalog.services.galaxy_edit import GALAXY_SETTINGS
from catalog.terms import MAX_TERM_LENGTH, fold_term

register_job_action(Galaxy, JobAction(kind="build_galaxy", label="Rebuild galaxy"))
register_job_action(Galaxy, JobAction(kind="update_galaxy", label="Add new images"))
register_job_action(
    Galaxy,
    JobAction(
        kind="update_galaxy", name="replace_stale", label="Place anew whose labels changed", params={"replace": "stale"}
    ),
)
register_job_action(Galaxy, JobAction(kind="dry_run_galaxy", label="What would change?"))

N_COVERS = 6
LOOKING = ("annotator", "features", "max_units_per_month")


class LabelLinesField(forms.Field):
    """A list of labels, written one a line. Blanks around them, empty lines and repetitions are dropped."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 40})

    def prepare_value(self, value: Any) -> Any:
        """A list as lines; what was typed stays as it was."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        """Lines as a list, in their order."""
        kept: dict[str, str] = {}
        for line in str(value or "").splitlines():
            if term := " ".join(line.split()):
                kept.setdefault(fold_term(term), term)
        return list(kept.values())

    def validate(self, value: list[str]) -> None:
        """No term longer than labels are."""
        super().validate(value)
        for term in value:
            if len(term) > MAX_TERM_LENGTH:
                raise forms.ValidationError(
                    f"Expected labels of at most {MAX_TERM_LENGTH} characters, one a line, got one of {len(term)}: "
                    f"“{term[:40]}…”."
                )

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the list is another one, however it was typed."""
        return not self.disabled and list(initial or []) != self.to_python(data)


class GalaxyForm(WatchedForm[Galaxy]):
    """Settings of a galaxy."""

    watched = (
        "visibility",
        "published_features",
        "publish_documents",
        "publish_exif",
        "publish_external_ids",
        "allow_downloads",
        "hide_unsafe",
    )

    extra_cluster_labels = LabelLinesField(
        required=False,
        label="Clusters by label",
        help_text="Labels that get a cluster of their own whatever k-means finds, one a line, as images carry them.",
    )

    published_features = forms.TypedMultipleChoiceField(
        required=False,
        coerce=str,
        choices=PublishedFeature,
        widget=forms.CheckboxSelectMultiple,
        label="What visitors learn of each image",
        help_text="Nothing else that an annotator answered leaves the house. Shows after publishing again.",
    )

    # Of the whole collection: kept there, and here so that a galaxy is set up on one page.
    annotator = annotator_field()
    features = features_field()
    max_units_per_month = Collection._meta.get_field("max_units_per_month").formfield()

    class Meta:
        model = Galaxy
        fields = ["collection", *GALAXY_SETTINGS]
        widgets = {
            "n_clusters": forms.NumberInput(attrs={"placeholder": "automatic"}),
            "visual_weight": forms.NumberInput(attrs={"min": 0, "max": 1, "step": 0.05}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Not of a new galaxy, whose collection is not known yet, nor by a program that posts settings of the map and means those alone.
        self._tells_looking = not (self.instance._state.adding or (self.is_bound and "annotator" not in self.data))
        for name in LOOKING:
            # What is not told counts as what it is.
            self.fields[name].disabled = not self._tells_looking
            if not self.instance._state.adding:
                self.initial[name] = getattr(self.instance.collection, name)

    def looking(self) -> dict[str, Any]:
        """What is said anew of the collection's annotator, features and budget."""
        told = self.changed_data if self._tells_looking else []
        return {name: self.cleaned_data[name] for name in told if name in LOOKING}

    def clean_visibility(self) -> str:
        """A published galaxy becomes public only when safe search has looked at it, or somebody has said that it may."""
        visibility = str(self.cleaned_data["visibility"])
        becomes_public = visibility == Visibility.PUBLIC and "visibility" in self.changed_data
        if self.instance.pk and becomes_public and self.instance.collection.visibility == Visibility.PUBLIC:
            check_opening([self.instance])
        return visibility


@admin.register(Galaxy)
class GalaxyAdmin(GalaxyPages, JobActionAdmin[Galaxy]):
    """Galaxies."""

    index_order = 40
    change_verb = Verb.CURATE
    delete_verb = Verb.MANAGE
    form = GalaxyForm
    inlines = [BuildInline]
    list_display = ["title", "open_link", "covers", "newest_build", "quality", "published", "visibility", "collection"]
    list_filter = [("collection", PermittedFilter), "visibility"]
    list_select_related = ["collection", "current_publication__build"]
    search_fields = ["title", "slug"]
    form_labels = {"n_clusters": "Number of clusters", "random_state": "Seed"}
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["open_link", "published", "clusters", "uuid", "created_at"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "collection", "description", "visibility", "published", "open_link"]}),
        (
            "Map",
            {
                "fields": ["n_clusters", "extra_cluster_labels", "visual_weight", "perplexity", "random_state"],
                "description": "What is changed here shows after the next build.",
            },
        ),
        (
            "Looking at the pictures",
            {
                "fields": [*LOOKING],
                "description": "Holds for the whole collection, and so for its other galaxies too. What is looked for anew shows after "
                "annotating and the next build.",
            },
        ),
        (
            "Publishing",
            {
                "fields": [
                    "published_features",
                    "publish_exif",
                    "publish_external_ids",
                    "publish_documents",
                    "allow_downloads",
                    "hide_unsafe",
                ],
                "description": "What is changed here shows in the galaxy after publishing again. The API tells strangers no more.",
            },
        ),
        ("Clusters", {"fields": ["clusters"]}),
        ("More", {"fields": ["uuid", "created_at"], "classes": ["collapse"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever curates some collection may give it another galaxy."""
        return may(request, Verb.CURATE, Galaxy)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Galaxy]:
        """With what the pages show of each."""
        return super().get_queryset(request).select_related("collection", "current_publication__build")

    def get_readonly_fields(self, request: HttpRequest, obj: Galaxy | None = None) -> list[str]:
        """A galaxy stays in its collection: its builds hold that collection's images. Who may look, and its address, are the owner's."""
        fields = [str(name) for name in super().get_readonly_fields(request, obj)]
        if obj is None:
            return fields
        return [*fields, "collection", *([] if may(request, Verb.MANAGE, obj) else ["slug", "visibility"])]

    def get_fieldsets(self, request: HttpRequest, obj: Galaxy | None = None) -> Any:
        """Of the collection's settings only what the person may change, and of a new galaxy none."""
        hidden = set(LOOKING)
        if obj is not None and may(request, Verb.CURATE, obj):
            hidden = set() if may(request, Verb.MANAGE, obj) else {"max_units_per_month"}
        shown = [
            (title, {**options, "fields": [name for name in options["fields"] if name not in hidden]})
            for title, options in super().get_fieldsets(request, obj)
        ]
        return [(title, options) for title, options in shown if options["fields"]]

    def save_model(self, request: HttpRequest, obj: Galaxy, form: forms.ModelForm[Any], change: bool) -> None:
        """The galaxy's settings, and the collection's through their service; only an owner opens a new galaxy."""
        if not change and obj.visibility != Visibility.PRIVATE and not may(request, Verb.MANAGE, obj.collection):
            obj.visibility = Visibility.PRIVATE
            self.message_user(request, "It is private: who may look is the owner's to say.", messages.WARNING)
        super().save_model(request, obj, form, change)
        looking = form.looking() if isinstance(form, GalaxyForm) else {}
        if not may(request, Verb.MANAGE, obj):
            looking.pop("max_units_per_month", None)
        if looking:
            edit_looking(obj.collection, by=person_of(request), values=looking)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Galaxy | None = None) -> dict[str, Any]:
        """The address follows the title only while the galaxy is new; later, links would break."""
        return {} if obj else dict(super().get_prepopulated_fields(request, obj))

    def count_dependents(self, things: Any) -> dict[str, int]:
        """Builds, clusters and publications."""
        return {
            str(model._meta.verbose_name_plural): model._default_manager.filter(galaxy__in=things).count()
            for model in (Build, Cluster, Publication)
        }

    def decorate_page(self, request: HttpRequest, rows: list[Galaxy]) -> dict[str, dict[int, Any]]:
        """The newest build and a picture of each of its first clusters."""
        complete = Build.objects.filter(galaxy__in=rows, complete=True).order_by()
        newest = dict(complete.values_list("galaxy").annotate(newest=Max("pk")))
        builds = Build.objects.filter(pk__in=newest.values())
        clusters = list(Cluster.objects.filter(galaxy__in=rows, hidden=False).order_by("galaxy", "tour_order", "pk"))
        pictures = find_covers(clusters, n_covers=1)
        covers: dict[int, list[Any]] = {}
        for cluster in clusters:
            covers.setdefault(cluster.galaxy_id, []).extend(pictures.get(cluster.pk, []))
        return {
            "build": {build.galaxy_id: build for build in builds},
            "covers": {pk: images[:N_COVERS] for pk, images in covers.items()},
        }

    @admin.display(description="")
    def covers(self, obj: Galaxy) -> SafeString:
        """A few of its pictures."""
        return thumbnails(self.page_value(obj, "covers", []))

    @admin.display(description="newest build")
    def newest_build(self, obj: Galaxy) -> SafeString:
        """Number and size, leading to it."""
        build = self.page_value(obj, "build", None)
        return admin_link(build, f"{build.number}: {build.n_images:,} images") if build else SafeString("not built yet")

    @admin.display(description="quality")
    def quality(self, obj: Galaxy) -> SafeString:
        """How well the newest build keeps neighbours together."""
        build = self.page_value(obj, "build", None)
        return trustworthiness(build) if build else NOTHING

    @admin.display(description="published")
    def published(self, obj: Galaxy) -> SafeString:
        """What the world sees now."""
        publication = obj.current_publication
        if publication is None:
            return SafeString("not published yet")
        return admin_link(publication, f"build {publication.build.number}, {publication.published_at:%Y-%m-%d}")

    @admin.display(description="page")
    def open_link(self, obj: Galaxy) -> SafeString:
        """To the explorer, once there is something to see."""
        if obj.current_publication is None:
            return NOTHING
        return format_html('<a href="{}" target="_blank" rel="noopener">Open</a>', galaxy_address(obj.slug))

    @admin.display(description="clusters")
    def clusters(self, obj: Galaxy) -> SafeString:
        """Chips, names, sizes and pictures of the clusters of the newest build."""
        clusters = list(obj.clusters.order_by("tour_order", "pk"))
        sizes, pictures = count_images(clusters), find_covers(clusters, n_covers=4)
        rows = [
            {"cluster": cluster, "n_images": sizes[cluster.pk], "covers": thumbnails(pictures.get(cluster.pk, []))}
            for cluster in clusters
            if cluster.pk in sizes
        ]
        return render_to_string("admin/catalog/cluster_table.html", {"rows": rows}) if rows else NOTHING
