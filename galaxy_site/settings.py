"""Composition of Galaxy: which parts run, with which stores and limits."""

SECRET_KEY = "to-be-replaced-in-minutes"  # noqa: S105
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
