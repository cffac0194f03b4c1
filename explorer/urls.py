"""Addresses of the explorer."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, URLResolver, include, path, re_path

from explorer import door_views, views

app_name = "explorer"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.show_entrance, name="entrance"),
    path("favicon.ico", views.show_favicon, name="favicon"),
    path("galaxy/<uuid:galaxy_uuid>/", views.show_galaxy, name="galaxy-link"),
    path("galaxy/<slug:slug>/", views.show_galaxy, name="galaxy"),
    path("image/<uuid:image_uuid>/edit/", views.edit_image, name="edit-image"),
    path("login/", LoginView.as_view(template_name="explorer/login.html", next_page="explorer:entrance"), name="login"),
    path("logout/", LogoutView.as_view(next_page="explorer:entrance"), name="logout"),
    re_path(
        r"^media/(?P<image_uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/(?P<kind>small|view)$",
        door_views.send_rendition,
        name="rendition",
    ),
    path("artifacts/<uuid:galaxy_uuid>/<path:name>", door_views.send_artifact, name="artifact"),
    path("api/v1/", include("explorer.api.urls")),
    path("", include("explorer.vision.urls")),
]
