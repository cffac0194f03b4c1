"""Addresses of the Vision door: Google's own, at the root, because its clients add them to any host."""

from django.urls import URLPattern, re_path

from explorer.vision import views

urlpatterns: list[URLPattern] = [
    re_path(r"^v1/(?:(?P<parent>projects/[^/]+(?:/locations/[^/]+)?)/)?images:annotate$", views.annotate_images),
]
