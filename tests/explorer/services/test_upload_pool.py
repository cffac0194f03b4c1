"""Several uploads at a time, a bounded number of them in memory, and no failure that nobody hears of."""

import threading

import pytest
from django.core.files.storage import storages

from explorer.services.upload_pool import UploadPool, upload_threads


def test_with_one_thread_the_callers_own_does_it():
    threads = []
    with UploadPool(1) as pool:
        pool.submit(lambda: threads.append(threading.current_thread()))
    assert threads == [threading.current_thread()]


def test_several_go_on_at_the_same_time_and_leaving_waits_for_the_last():
    meeting = threading.Barrier(3, timeout=10)  # three that wait for each other only end if they run together
    done = []

    def upload() -> None:
        meeting.wait()
        done.append(1)

    with UploadPool(3) as pool:
        for _ in range(3):
            pool.submit(upload)
    assert len(done) == 3


def test_who_brings_more_than_fits_waits():
    go = threading.Event()
    submitted = []
    pool = UploadPool(2)

    def bring() -> None:
        for number in range(20):
            pool.submit(lambda: None if go.wait(10) else pytest.fail("nobody let them go"))
            submitted.append(number)

    bringing = threading.Thread(target=bring)
    bringing.start()
    bringing.join(0.3)
    assert len(submitted) == 6  # two at work, four waiting
    go.set()
    bringing.join(10)
    with pool:
        pass
    assert len(submitted) == 20


def test_a_failure_stops_the_rest_and_is_raised():
    def fail() -> None:
        raise OSError("the bucket is full")

    with pytest.raises(OSError, match="the bucket is full"), UploadPool(2) as pool:
        for _ in range(1000):
            pool.submit(fail)
    with pytest.raises(OSError, match="the bucket is full"), UploadPool(2) as pool:
        pool.submit(fail)  # the last one, with nobody bringing more


def test_what_stopped_the_caller_is_told_and_not_what_then_fell_over():
    def fail() -> None:
        raise OSError("closed")

    with pytest.raises(KeyboardInterrupt), UploadPool(2) as pool:
        pool.submit(fail)
        raise KeyboardInterrupt


def test_a_folder_is_written_by_one_thread_unless_somebody_says_otherwise(settings):
    assert upload_threads(storages["galaxies"]) == 1
    settings.GALAXY_UPLOAD_THREADS = 5
    assert upload_threads(storages["galaxies"]) == 5
