"""Galaxy's settings for tests: nothing of this machine's environment, every file in a folder that goes afterwards."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# What an operator may have set for the real thing must not reach a test: its database least of all.
for _name in list(os.environ):
    if _name.startswith(("GALAXY_", "GS_")) or _name in {
        "ALLOWED_HOSTS",
        "CSRF_TRUSTED_ORIGINS",
        "DATABASE_URL",
        "DEBUG",
        "GALAXIES_ROOT",
        "LOG_LEVEL",
        "MEDIA_ROOT",
        "REDIS_URL",
        "STATIC_ROOT",
        "TIME_ZONE",
    }:
        del os.environ[_name]

TEST_DATA = Path(tempfile.mkdtemp(prefix="galaxy-tests-"))
atexit.register(shutil.rmtree, TEST_DATA, ignore_errors=True)
os.environ["GALAXY_DATA"] = str(TEST_DATA)
os.environ["SECRET_KEY"] = "known to everybody, and long enough that Django's deployment check does not mind it"
# The test client speaks HTTP; tests of HTTPS turn it on themselves.
os.environ["GALAXY_HTTPS"] = "0"

# Playwright keeps an event loop in the main thread as long as its browser is open; tests that follow in the same run are no
# less synchronous for that.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

from galaxy_site.settings import *  # noqa: E402, F403  the environment has to be set first
from galaxy_site.settings import STORAGES  # noqa: E402

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# WhiteNoise warns when it does not exist, and warnings are errors here.
(TEST_DATA / "static").mkdir()

# Argon2 is slow on purpose; a test only has to know who is logged in.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
