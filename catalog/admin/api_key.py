"""API keys: made, limited and revoked by superusers."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from catalog.admin.policy import TrustedAdmin
from catalog.models import ApiKey
from catalog.services.api_keys import create_api_key, revoke_api_key


@admin.register(ApiKey)
class ApiKeyAdmin(TrustedAdmin[ApiKey]):
    """Keys; the text of a new one is shown once, on the page after."""

    index_order = 95
    list_display = ["name", "owner", "prefix", "images_per_minute", "last_used_at", "expires_at", "revoked_at"]
    list_select_related = ["owner"]
    fields = [
        "name",
        "owner",
        "scopes",
        "collection",
        "images_per_minute",
        "expires_at",
        "prefix",
        "created_at",
        "last_used_at",
        "revoked_at",
    ]
    readonly_fields = ["prefix", "created_at", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers."""
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers."""
        return self.has_module_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        """Whose key it is stays."""
        return [*self.readonly_fields, "owner"] if obj else list(self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm[ApiKey], change: bool) -> None:
        """A new key goes through the service, and its text is told."""
        if change:
            super().save_model(request, obj, form, change)
            return
        made, text = create_api_key(
            obj.owner, name=obj.name, scopes=obj.scopes, collection=obj.collection, expires_at=obj.expires_at
        )
        ApiKey.objects.filter(pk=made.pk).update(images_per_minute=obj.images_per_minute)
        obj.pk, obj.prefix = made.pk, made.prefix
        obj.text = text  # type: ignore[attr-defined]  # for the page that follows, and nowhere else

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """The new key, in this very answer: a message would wait for its page in a cookie."""
        context = {**self.admin_site.each_context(request), "title": f"The key {obj.name}", "key": obj}
        return TemplateResponse(request, "admin/catalog/api_key.html", context)

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """From now on they open nothing."""
        for key in queryset:
            revoke_api_key(key)
        self.message_user(request, "Revoked.", messages.SUCCESS)
