"""Collections: their members, settings, and how much is in them."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Count, ForeignKey, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin.annotation_actions import ANNOTATE, ASK_AGAIN
from catalog.admin.changelist import PageAdmin
from catalog.admin.job_actions import JobAction, register_job_action
from catalog.admin.looking import annotator_field, features_field
from catalog.admin.opening import check_opening
from catalog.admin.policy import PolicyInline, may
from catalog.admin.stale import WatchedForm
from catalog.admin.upload import UploadAdmin
from catalog.models import AnnotationStatus, Collection, Galaxy, Image, Label, Membership, Refusal, Role, Visibility
from catalog.permissions import Verb, is_trusted
from catalog.services.jobs import start_job

register_job_action(Collection, ANNOTATE)
register_job_action(Collection, ASK_AGAIN)
register_job_action(Collection, JobAction(kind="find_near_duplicates", label="Find near-duplicates"))

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")  # BCP 47, as far as Cloud Vision takes it
MAX_LANGUAGES = 6  # more tell an annotator nothing, and all of them are part of what makes an annotation unique


class CollectionForm(WatchedForm[Collection]):
    """Settings of a collection; features are ticked rather than typed."""

    watched = ("visibility",)

    annotator = annotator_field()
    features = features_field()

    class Meta:
        model = Collection
        fields = [
            "title",
            "slug",
            "description",
            "visibility",
            "annotator",
            "features",
            "max_units_per_month",
            "language_hints",
            "min_score",
        ]

    def clean_visibility(self) -> str:
        """Opening a collection opens its public galaxies, which safe search must have looked at."""
        visibility = str(self.cleaned_data["visibility"])
        if self.instance.pk and visibility == Visibility.PUBLIC and "visibility" in self.changed_data:
            check_opening(self.instance.galaxies.filter(visibility=Visibility.PUBLIC))
        return visibility

    def clean_language_hints(self) -> list[str]:
        """Codes such as de or zh-Hant."""
        hints = self.cleaned_data["language_hints"] or []
        if not isinstance(hints, list) or not all(isinstance(h, str) and LANGUAGE.fullmatch(h) for h in hints):
            raise forms.ValidationError('Expected a list of language codes such as ["de", "zh-Hant"].')
        if len(hints) > MAX_LANGUAGES:
            raise forms.ValidationError(f"Expected at most {MAX_LANGUAGES} languages, got {len(hints)}.")
        return hints


class MembershipInline(PolicyInline[Membership, Collection]):
    """Who has which role; owners say."""

    model = Membership
    edit_verb = Verb.MANAGE
    fields = ["user", "role"]
    verbose_name_plural = "members"

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """People who can log in."""
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(is_active=True).order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Collection)
class CollectionAdmin(PageAdmin[Collection], UploadAdmin):
    """Collections."""

    index_order = 10
    change_verb = Verb.CURATE
    delete_verb = Verb.MANAGE
    form = CollectionForm
    inlines = [MembershipInline]
    list_display = ["title", "slug", "visibility", "images", "waiting", "failed", "unknown", "refused", "galaxies"]
    list_filter = ["visibility"]
    search_fields = ["title", "slug"]
    readonly_fields = ["uuid", "created_at"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "description", "visibility"]}),
        (
            "What the machine looks for",
            {"fields": ["annotator", "features", "max_units_per_month", "language_hints", "min_score"]},
        ),
        ("More", {"fields": ["uuid", "created_at"], "classes": ["collapse"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers, and staff who were given Django's permission for it; they become the owner."""
        return is_trusted(request.user) or request.user.has_perm("catalog.add_collection")

    def get_readonly_fields(self, request: HttpRequest, obj: Collection | None = None) -> list[str]:
        """Who may look, the name in addresses, and what may be spent, are the owner's to change."""
        fields = [str(name) for name in super().get_readonly_fields(request, obj)]
        return (
            fields
            if obj is None or may(request, Verb.MANAGE, obj)
            else [*fields, "slug", "visibility", "max_units_per_month"]
        )

    def save_model(self, request: HttpRequest, obj: Collection, form: forms.ModelForm[Any], change: bool) -> None:
        """Saves; a new minimum score is applied to all images in the background."""
        super().save_model(request, obj, form, change)
        if change and "min_score" in form.changed_data and isinstance(request.user, User):
            job = start_job("recompute_labels", {}, by=request.user, collection=obj)
            address = reverse("admin:catalog_job_progress", args=[job.pk])
            text = format_html('The new minimum score is being applied: <a href="{}">progress</a>.', address)
            self.message_user(request, text, messages.INFO)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Whoever adds a collection owns it."""
        super().save_related(request, form, formsets, change)
        if not change and isinstance(request.user, User) and not request.user.is_superuser:
            owner = {"collection": form.instance, "user": request.user}
            Membership.objects.update_or_create(**owner, defaults={"role": Role.OWNER})

    def count_dependents(self, things: Any) -> dict[str, int]:
        """Images, labels and galaxies."""
        return {
            str(model._meta.verbose_name_plural): model._default_manager.filter(collection__in=things).count()
            for model in (Image, Label, Galaxy)
        }

    def decorate_page(self, request: HttpRequest, rows: list[Collection]) -> dict[str, dict[int, Any]]:
        """The counts of the page's collections, one query a kind."""
        images = Image.objects.filter(collection__in=rows).values("collection").order_by()
        counts = images.annotate(
            n=Count("pk"),
            n_waiting=Count("pk", filter=Q(annotation_status=AnnotationStatus.WAITING)),
            n_failed=Count("pk", filter=Q(annotation_status=AnnotationStatus.FAILED)),
            n_unknown=Count("pk", filter=Q(annotation_status=AnnotationStatus.UNKNOWN)),
        )
        by_collection = {row["collection"]: row for row in counts}
        return {
            "images": by_collection,
            "refused": _count_by_collection(Refusal, rows),
            "galaxies": _count_by_collection(Galaxy, rows),
        }

    @admin.display(description="images")
    def images(self, obj: Collection) -> SafeString:
        """How many, leading to them."""
        return self._link(obj, Image, self._counts(obj).get("n", 0))

    @admin.display(description="waiting")
    def waiting(self, obj: Collection) -> SafeString:
        """Images that no annotator has looked at."""
        return self._link(obj, Image, self._counts(obj).get("n_waiting", 0), "annotation_status__exact=waiting")

    @admin.display(description="failed")
    def failed(self, obj: Collection) -> SafeString:
        """Images that the annotator could not look at."""
        return self._link(obj, Image, self._counts(obj).get("n_failed", 0), "annotation_status__exact=failed")

    @admin.display(description="unknown")
    def unknown(self, obj: Collection) -> SafeString:
        """Images whose answer was lost after sending: somebody decides whether to ask, and perhaps pay, again."""
        return self._link(obj, Image, self._counts(obj).get("n_unknown", 0), "annotation_status__exact=unknown")

    @admin.display(description="refused")
    def refused(self, obj: Collection) -> SafeString:
        """Files that could not be taken."""
        return self._link(obj, Refusal, self.page_value(obj, "refused", 0))

    @admin.display(description="galaxies")
    def galaxies(self, obj: Collection) -> SafeString:
        """How many, leading to them."""
        return self._link(obj, Galaxy, self.page_value(obj, "galaxies", 0))

    def _counts(self, obj: Collection) -> dict[str, int]:
        counts: dict[str, int] = self.page_value(obj, "images", {})
        return counts

    def _link(self, obj: Collection, model: Any, count: int, query: str = "") -> SafeString:
        address = reverse(f"admin:catalog_{model._meta.model_name}_changelist")
        more = f"&{query}" if query else ""
        return format_html('<a href="{}?collection__id__exact={}{}">{}</a>', address, obj.pk, more, f"{count:,}")


def _count_by_collection(model: Any, rows: list[Collection]) -> dict[int, int]:
    counted = model.objects.filter(collection__in=rows).values("collection").order_by().annotate(n=Count("pk"))
    return {row["collection"]: row["n"] for row in counted}
