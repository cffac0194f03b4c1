"""What pages of the admin that are Django's own show of ours: the start page and the history of an object."""

from typing import Any

from django import template
from django.db.models import Model
from django.template.context import RequestContext

from catalog.admin.policy import may
from catalog.admin.start import start_page as gather
from catalog.permissions import Verb
from catalog.services.history import history_of

register = template.Library()


@register.inclusion_tag("admin/catalog/start.html", takes_context=True)
def start_page(context: RequestContext) -> dict[str, Any]:
    """How the library stands, for whoever looks."""
    # An inclusion tag has a context of its own; its forms need the token all the same.
    return {**gather(context["request"]), "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("admin/catalog/history.html", takes_context=True)
def galaxy_history(context: RequestContext, thing: Model) -> dict[str, Any]:
    """Who did what with an object; for those who may know who works here."""
    may_read = may(context["request"], Verb.CONTRIBUTE, thing)
    return {"may_read": may_read, "entries": history_of(thing) if may_read else []}
