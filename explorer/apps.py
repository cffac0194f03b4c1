"""The explorer: how the world sees the library."""

from django.apps import AppConfig


class ExplorerConfig(AppConfig):
    """Django's entry to the explorer."""

    name = "explorer"
    verbose_name = "Explorer"

    def ready(self) -> None:
        """Announce what the explorer does in the background."""
        # Models exist only now, so what needs them cannot be imported above.
        from explorer import tasks

        tasks.register()
