"""The catalog: what the library holds, and how it gets there."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Django's entry to the catalog."""

    name = "catalog"
    verbose_name = "Catalog"

    def ready(self) -> None:
        """Announce what can be checked, done in the background, and must follow a deletion."""
        # Models exist only now, so what needs them cannot be imported above.
        from catalog import annotator_settings, checks, signal_handlers, tasks

        annotator_settings.register()
        checks.register()
        signal_handlers.connect()
        tasks.register()
