"""A process that is asked to stop, stops, however often and at whatever moment it is asked."""

import signal
import threading
import time

from catalog.management.processes import stop_requested


def test_a_hail_of_signals_at_any_moment_is_one_request():
    """With a threading.Event this hangs now and then: the handler waits for a lock that its own thread holds."""
    with stop_requested() as stop:
        end = time.monotonic() + 1.0

        def hail() -> None:
            while time.monotonic() < end:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
                time.sleep(0.0001)

        thread = threading.Thread(target=hail)
        thread.start()
        while time.monotonic() < end:
            stop.wait(0.0002)
        thread.join()

        assert stop.wait(0)


def test_nobody_asking_is_no_request():
    with stop_requested() as stop:
        assert not stop.wait(0.01)


def test_earlier_handlers_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with stop_requested():
        assert signal.getsignal(signal.SIGTERM) is not before

    assert signal.getsignal(signal.SIGTERM) is before
