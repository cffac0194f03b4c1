"""Refusals: files that could not be taken, and why, to be read."""

from django.contrib import admin

from catalog.admin.filters import PermittedFilter
from catalog.admin.policy import PolicyAdmin
from catalog.models import Refusal


@admin.register(Refusal)
class RefusalAdmin(PolicyAdmin[Refusal]):
    """Refusals; one goes when the same place is imported rightly."""

    index_order = 90
    list_display = ["location", "message", "code", "collection", "source", "refused_at"]
    list_filter = [("collection", PermittedFilter), "code"]
    list_select_related = ["collection"]
    search_fields = ["location", "message"]
    fields = ["collection", "location", "message", "code", "source", "fingerprint", "refused_at"]
    readonly_fields = ["refused_at"]
