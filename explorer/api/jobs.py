"""Jobs: watched, cancelled, tried again."""

from django.urls import URLPattern, URLResolver

routes: list[URLPattern | URLResolver] = []
