"""Several uploads at a time: a bucket answers slowly but to many, and a million pictures are some twelve thousand objects."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage

__all__ = ["UploadPool", "upload_threads"]

THREADS_OF_A_BUCKET = 8
WAITING_PER_THREAD = 2  # so that no more than some three objects a thread are in memory


def upload_threads(storage: Storage) -> int:
    """How many uploads to a storage go on at a time: GALAXY_UPLOAD_THREADS, or what suits a folder or a bucket."""
    if settings.GALAXY_UPLOAD_THREADS:
        return int(settings.GALAXY_UPLOAD_THREADS)
    return 1 if isinstance(storage, FileSystemStorage) else THREADS_OF_A_BUCKET


class UploadPool:
    """Runs deeds in threads, a bounded number of them at a time and waiting. With one thread, the caller's own does them.

    Deeds touch no database. The first failure stops the rest: it is raised by the next `submit`, or when the pool closes.
    """

    def __init__(self, n_threads: int) -> None:
        self._executor = ThreadPoolExecutor(n_threads, "upload") if n_threads > 1 else None
        self._room = threading.BoundedSemaphore(n_threads * (1 + WAITING_PER_THREAD))
        self._error: BaseException | None = None

    def __enter__(self) -> "UploadPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=error is not None)
        if error is None and self._error is not None:
            raise self._error

    def submit(self, deed: Callable[[], None]) -> Future[None]:
        """Have a deed done; waits while too many others wait. Raises what an earlier one failed with."""
        if self._executor is None:
            deed()
            done: Future[None] = Future()
            done.set_result(None)
            return done
        self._room.acquire()
        if self._error is not None:
            self._room.release()
            raise self._error
        future = self._executor.submit(deed)
        future.add_done_callback(self._note)
        return future

    def _note(self, future: Future[None]) -> None:
        if not future.cancelled() and self._error is None:
            self._error = future.exception()
        self._room.release()
