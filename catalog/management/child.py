"""The first thing that runs in a child process: it sees to it that no child outlives its parent.

`python -m catalog.management.child PARENT_PID manage|gunicorn ARGUMENTS…`

A parent that is killed with -9 cannot stop its children; they have to notice. Linux could send a signal
(PR_SET_PDEATHSIG), other systems cannot; asking twice a second who the parent is works on all of them.
"""

import os
import signal
import sys
import threading
import time

LOOK_EVERY_S = 0.5
# After SIGTERM a worker ends its task first and gunicorn its requests; a second one makes a worker hand its task back.
SECOND_SIGNAL_AFTER_S = 5.0
GIVE_UP_AFTER_S = 15.0


def stop_with_parent(parent_pid: int) -> None:
    """Stop this process soon after that one has gone."""
    threading.Thread(target=_watch, args=(parent_pid,), name="parent-watch", daemon=True).start()


def _watch(parent_pid: int) -> None:
    own_pid = os.getpid()
    while os.getppid() == parent_pid:
        time.sleep(LOOK_EVERY_S)
    os.kill(own_pid, signal.SIGTERM)
    time.sleep(SECOND_SIGNAL_AFTER_S)
    os.kill(own_pid, signal.SIGTERM)
    time.sleep(GIVE_UP_AFTER_S)
    os._exit(1)


def main() -> None:
    """Run the program named on the command line in this process."""
    parent_pid, program, arguments = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    stop_with_parent(parent_pid)
    sys.argv = [program, *arguments]
    if program == "gunicorn":
        from gunicorn.app.wsgiapp import run

        run()
    else:
        from django.core.management import execute_from_command_line

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "galaxy_site.settings")
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
