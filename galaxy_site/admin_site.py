"""The admin site: Django's own, called Galaxy, with things in the order in which people look for them."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest

OTHERS_LAST = 1000


class GalaxyAdminSite(AdminSite):
    """Lists the catalog first, each thing by its admin's `index_order`, then what other apps bring, by name."""

    site_header = "Galaxy"
    site_title = "Galaxy"
    index_title = "The library"
    index_template = "admin/catalog/index.html"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Apps and their models, ordered."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: (self._order(model["model"]), model["name"]))
        return sorted(apps, key=lambda app: min(self._order(model["model"]) for model in app["models"]))

    def _order(self, model: Any) -> int:
        return int(getattr(self._registry[model], "index_order", OTHERS_LAST))
