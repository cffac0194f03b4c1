"""How gunicorn runs Galaxy: `gunicorn -c python:galaxy_site.gunicorn galaxy_site.wsgi:application --bind ADDRESS`."""

import multiprocessing

# Threads, because a request mostly waits: for a file, the database, a slow reader. Processes, because decoding does not.
worker_class = "gthread"
workers = min(4, max(2, multiprocessing.cpu_count()))
threads = 4
loglevel = "warning"
graceful_timeout = 5  # seconds for requests that are under way when it is told to stop
control_socket_disable = True  # one socket a home directory would make two servers quarrel
