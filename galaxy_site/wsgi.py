"""Galaxy as WSGI application, for a production server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "galaxy_site.settings")

application = get_wsgi_application()
