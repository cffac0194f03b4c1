"""The explorer: how the world sees the library."""

from django.apps import AppConfig


class ExplorerConfig(AppConfig):
    """Django's entry to the explorer."""

    name = "explorer"
    verbose_name = "Explorer"
