"""Settings of the worker processes that tests kill: a database in a file, a short lease, and a job that counts what it did."""

import os

# Set by the test that starts the process; tests.settings would throw the database's address away.
_database, _data = os.environ["GALAXY_TEST_DATABASE"], os.environ["GALAXY_TEST_DATA"]

os.environ["DATABASE_URL"] = _database
os.environ["GALAXY_DATA"] = _data
os.environ["SECRET_KEY"] = "of a worker that lives for seconds"
os.environ["GALAXY_LEASE_S"] = "3"

from galaxy_site.settings import *  # noqa: E402, F403  the environment has to be set first
from galaxy_site.settings import INSTALLED_APPS  # noqa: E402

INSTALLED_APPS = [*INSTALLED_APPS, "tests.catalog.counting_app.CountingConfig"]
