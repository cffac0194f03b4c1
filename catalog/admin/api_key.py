"""API keys: made and revoked by their owners; superusers see all, and say how much each may ask for."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from catalog.admin.policy import TrustedAdmin, may, signed_in
from catalog.models import ApiKey, Collection, Scope
from catalog.permissions import Verb, is_trusted, permitted_by_role
from catalog.services.api_keys import create_api_key, revoke_api_key


class ApiKeyForm(ModelForm[ApiKey]):
    """A key's settings; scopes are ticked rather than typed."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ],
        help_text="What it opens, of what its owner may do. Tick as little as its program needs.",
    )

    class Meta:
        model = ApiKey
        fields = ["name", "owner", "scopes", "collection", "expires_at", "requests_per_minute", "images_per_minute"]


@admin.register(ApiKey)
class ApiKeyAdmin(TrustedAdmin[ApiKey]):
    """Keys of one's own; the text of a new one is shown once, on the page after. Superusers have everybody's before them."""

    index_order = 95
    form = ApiKeyForm
    list_display = ["name", "prefix", "what_it_opens", "collection", "last_used_at", "expires_at", "revoked_at"]
    list_select_related = ["owner", "collection"]
    fields = ["name", "scopes", "collection", "expires_at"]
    facts = ("prefix", "created_at", "last_used_at", "revoked_at")
    actions = ["revoke"]

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["catalog_admin/catalog.css"]}

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever has a role somewhere."""
        return may(request, Verb.VIEW, Collection)

    def has_view_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """One's own, and superusers all."""
        return self.has_module_permission(request) and (
            obj is None or obj.owner_id == request.user.pk or is_trusted(request.user)
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever has a role somewhere, for themselves."""
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Superusers: an owner makes another key instead, so that nobody's program suddenly may more."""
        return is_trusted(request.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """Those of the person."""
        keys: QuerySet[ApiKey] = super().get_queryset(request)
        return keys if is_trusted(request.user) else keys.filter(owner=request.user.pk)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Whose they are tells something to superusers only."""
        first, *rest = self.list_display
        return [first, "owner", *rest] if is_trusted(request.user) else [first, *rest]

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[Any]:
        """How much it may ask for, and whose it is, are a superuser's to say."""
        limits = ["owner", "requests_per_minute", "images_per_minute"] if is_trusted(request.user) else []
        return [*self.fields, *limits, *(self.facts if obj else ())]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        """Whose key it is stays."""
        return [*self.facts, "owner"] if obj else list(self.facts)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The collections in which the person has a role; a new key is the superuser's own unless they say otherwise."""
        if db_field.name == "collection":
            kwargs["queryset"] = permitted_by_role(request.user, Verb.VIEW, Collection.objects.all())
            kwargs["empty_label"] = "All that its owner may open"
        elif db_field.name == "owner":
            kwargs |= {"queryset": User.objects.filter(is_active=True).order_by("username"), "initial": request.user.pk}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm[ApiKey], change: bool) -> None:
        """A new key goes through the service, and its text is told."""
        if change:
            super().save_model(request, obj, form, change)
            return
        person = signed_in(request)
        owner = obj.owner if is_trusted(person) and obj.owner_id else person
        made, text = create_api_key(
            owner, name=obj.name, scopes=obj.scopes, collection=obj.collection, expires_at=obj.expires_at
        )
        if is_trusted(request.user):
            limits = {name: getattr(obj, name) for name in ("requests_per_minute", "images_per_minute")}
            ApiKey.objects.filter(pk=made.pk).update(**limits)
        obj.pk, obj.prefix, obj.owner = made.pk, made.prefix, owner
        obj.text = text  # type: ignore[attr-defined]  # for the page that follows, and nowhere else

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """The new key, in this very answer: a message would wait for its page in a cookie."""
        context = {**self.admin_site.each_context(request), "title": f"The key {obj.name}", "key": obj}
        return TemplateResponse(request, "admin/catalog/api_key.html", context)

    @admin.display(description="opens")
    def what_it_opens(self, obj: ApiKey) -> str:
        """Its scopes."""
        return ", ".join(obj.scopes)

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """From now on they open nothing."""
        for key in queryset:
            revoke_api_key(key)
        self.message_user(request, "Revoked.", messages.SUCCESS)
