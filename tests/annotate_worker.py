"""A process that annotates when told to, so that a test can kill it: each line of standard input names a collection.

For every line it forks, prints the child's process id, and lets the child run the command `annotate_images`. Forking after
Django is loaded makes a hundred workers a matter of seconds; nothing of Google's client is connected before the fork.
"""

import os
import sys
import traceback

import django


def main() -> None:
    """Fork a worker a line, until standard input closes."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "galaxy_site.settings"
    django.setup()
    # Loaded before the fork, so that a worker's time is spent at work.
    from django.core.management import call_command

    from catalog.annotators import google
    from catalog.management.commands import annotate_images  # noqa: F401

    google.GoogleAnnotator.max_batch_size = int(os.environ["TEST_BATCH_SIZE"])
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                call_command("annotate_images", "--collection", line.strip(), "--yes", "--json", stdout=sys.stderr)
            except BaseException:  # noqa: BLE001  the child must not go on as the parent
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        os.waitpid(pid, 0)
        sys.stdout.write("ended\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
