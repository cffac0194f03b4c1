"""The catalog: what the library holds, and how it gets there."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Django's entry to the catalog."""

    name = "catalog"
    verbose_name = "Catalog"
