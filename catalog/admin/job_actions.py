"""Deeds that run in the background, offered as admin actions on lists and as buttons on pages.

Whatever lives above the catalog adds its own with `register_job_action` when Django starts; the catalog never imports it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from catalog.admin.policy import ModelT, PolicyAdmin, may, person_of
from catalog.models import Collection, Galaxy, Image, Job, Publication
from catalog.permissions import is_trusted
from catalog.services.errors import ServiceError
from catalog.services.jobs import job_kinds, start_job

__all__ = ["JobAction", "JobActionAdmin", "job_actions_of", "register_job_action"]


@dataclass(frozen=True)
class JobAction:
    """One deed: the kind of job it starts, and what its button says. What it takes is the kind's to say."""

    kind: str
    label: str
    params: dict[str, Any] = field(default_factory=dict)
    on_page: bool = True
    """Whether the object's own page has a button for it, too."""
    name: str = ""
    """Tells apart several actions that start the same kind; the kind's own name by default."""
    confirm: Callable[[Any], tuple[str, dict[str, Any]] | None] | None = None
    """What a person has to agree to first for this object, as plain text, and the parameters that then say so; None for nothing."""

    @property
    def key(self) -> str:
        """What the action is called in forms and addresses."""
        return self.name or self.kind

    def may_start(self, request: HttpRequest, obj: Model | type[Model]) -> bool:
        """Whether the person may start it for this object or, given a model, for some; False where no worker knows the kind."""
        kind = job_kinds().get(self.kind)
        return kind is not None and (not kind.trusted_only or is_trusted(request.user)) and may(request, kind.verb, obj)


_actions: dict[type[Model], list[JobAction]] = {}


def register_job_action(model: type[Model], action: JobAction) -> None:
    """Offer the action on lists and pages of Collection, Image (for the collections they are in), Galaxy or Publication."""
    if model not in {Collection, Image, Galaxy, Publication}:
        raise ValueError(
            f"Expected Collection, Image, Galaxy or Publication, got {model.__name__}: jobs run for these only."
        )
    actions = _actions.setdefault(model, [])
    if all(known.key != action.key for known in actions):
        actions.append(action)


def job_actions_of(model: type[Model]) -> Sequence[JobAction]:
    """What is offered for this model."""
    return tuple(_actions.get(model, ()))


class JobActionAdmin(PolicyAdmin[ModelT]):
    """A PolicyAdmin whose lists and pages offer the registered job actions."""

    change_form_template = "admin/catalog/change_form.html"

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Django's and ours; those that the person may do nowhere are left out."""
        actions: dict[str, Any] = super().get_actions(request)
        if "_popup" not in request.GET:
            for action in job_actions_of(self.model):
                if action.may_start(request, self.model):
                    actions[action.key] = (_as_admin_action(action), action.key, action.label)
        return actions

    def get_urls(self) -> list[URLPattern]:
        """Adds `<id>/start/<action>/`, where the buttons post."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_start"
        view = self.admin_site.admin_view(require_POST(self.start_view))
        return [path("<int:pk>/start/<slug:key>/", view, name=name), *super().get_urls()]

    def start_view(self, request: HttpRequest, pk: int, key: str) -> HttpResponse:
        """Start one action for one object."""
        obj = get_object_or_404(self.get_queryset(request), pk=pk)
        action = next((action for action in job_actions_of(self.model) if action.key == key), None)
        if action is None:
            raise Http404(f"There is no action {key} for this.")
        if not action.may_start(request, obj):
            raise PermissionDenied(f"You may not {action.label.lower()} this.")
        queryset = self.model._default_manager.filter(pk=pk)
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])
        return start_jobs(request, action, queryset) or redirect(back)

    def page_context(self, request: HttpRequest, obj: ModelT) -> dict[str, Any]:
        """The buttons of what the person may start here."""
        actions = [a for a in job_actions_of(self.model) if a.on_page and a.may_start(request, obj)]
        return {**super().page_context(request, obj), "job_actions": actions}


def start_jobs(request: HttpRequest, action: JobAction, queryset: QuerySet[Any]) -> HttpResponse | None:
    """Start the action for the objects, or for none if the person may not do it with all; None where there is nothing to show.

    One job leads to its progress page, several to the list of jobs.
    """
    targets = _targets_of(queryset)
    forbidden = [str(target) for target in targets if not action.may_start(request, target)]
    if names := ", ".join(forbidden[:5]):
        messages.error(
            request, f"Nothing was started: you may not do “{action.label}” for {names}. Ask an owner for a role."
        )
        return None
    jobs = []
    agreements = {target.pk: action.confirm(target) if action.confirm else None for target in targets}
    to_confirm = [(target, told[0]) for target in targets if (told := agreements[target.pk])]
    price = sum(told[1].get("max_units", 0) for told in agreements.values() if told)
    agreed = request.POST.get("agreed", "")
    if to_confirm and not (
        agreed.isdecimal() and price <= int(agreed)
    ):  # it grew since the page was shown: show it again
        return _confirm(request, action, to_confirm, price)
    for target in targets:
        try:
            told = agreements[target.pk]
            jobs.append(_start_one(request, action, target, told[1] if told else {}))
        except ServiceError as error:
            messages.error(request, f"{target}: {error}")
    if len(jobs) == 1:
        return redirect("admin:catalog_job_progress", jobs[0].pk)
    if jobs:
        messages.success(request, f"{len(jobs)} jobs were started.")
        return redirect("admin:catalog_job_changelist")
    return None


def _confirm(request: HttpRequest, action: JobAction, to_confirm: list[tuple[Any, str]], price: int) -> HttpResponse:
    """A page that says what it comes to, and posts the same again with `agreed`."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in {"csrfmiddlewaretoken", "agreed"}
        for value in values
    ]
    context = {
        **admin.site.each_context(request),
        "title": f"{action.label}: this costs money" if price else action.label,
        "action": action,
        "to_confirm": to_confirm,
        "price": price,
        "fields": fields,
        "back": reverse(f"admin:catalog_{to_confirm[0][0]._meta.model_name}_changelist"),
    }
    return TemplateResponse(request, "admin/catalog/confirm.html", context)


def _start_one(
    request: HttpRequest, action: JobAction, target: Collection | Galaxy | Publication, agreed: dict[str, Any]
) -> Job:
    by, params = person_of(request), {**action.params, **agreed}
    if isinstance(target, Publication):
        target = target.galaxy
    if isinstance(target, Galaxy):
        return start_job(action.kind, params, by=by, collection=target.collection, galaxy=target)
    return start_job(action.kind, params, by=by, collection=target)


def _targets_of(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """What jobs run for: collections, galaxies or publications themselves, and the collections of images."""
    if queryset.model is Image:
        return Collection.objects.filter(pk__in=queryset.order_by().values("collection"))
    if queryset.model is Galaxy:
        return queryset.select_related("collection")
    if queryset.model is Publication:
        return queryset.select_related("galaxy__collection", "build")
    return queryset


def _as_admin_action(action: JobAction) -> Callable[..., HttpResponse | None]:
    def run(model_admin: ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return start_jobs(request, action, queryset)

    return run
