"""Django apps composed for this site."""

from django.contrib.admin.apps import AdminConfig


class GalaxyAdminConfig(AdminConfig):
    """Django's admin with our site."""

    default_site = "galaxy_site.admin_site.GalaxyAdminSite"
