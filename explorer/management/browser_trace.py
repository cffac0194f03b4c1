"""What a browser's own trace says of frames: when they were drawn, and what they cost the main thread."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["TRACE_CATEGORIES", "FrameTimes", "read_frames"]

TRACE_CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "__metadata"]


@dataclass(frozen=True)
class FrameTimes:
    """Milliseconds over all frames of a trace."""

    n_frames: int
    interval_median: float
    """From the start of one frame to the start of the next: what a person sees."""
    interval_p95: float
    main_thread_median: float
    """CPU time of the page's script in a frame."""
    main_thread_p95: float
    busy: float
    """All that the main thread did during the trace, style, layout and tasks in between included, divided by the frames."""


def read_frames(trace: bytes) -> FrameTimes:
    """Read a trace of Chromium (Trace Event Format, JSON) with the categories above.

    A frame is a `FireAnimationFrame` of the renderer's main thread (several callbacks that start within a millisecond are one).
    CPU time is `tdur` where the trace has it, wall time where not.

    Raises
    ------
    ValueError: fewer than ten frames, from which no 95th percentile can be told.
    """
    events = json.loads(trace)["traceEvents"]
    main = _main_thread(events)
    fired = sorted((e for e in events if _is_on(e, main) and e["name"] == "FireAnimationFrame"), key=lambda e: e["ts"])
    starts: list[float] = []
    costs: list[float] = []
    for event in fired:
        if starts and event["ts"] - starts[-1] < 1000:
            costs[-1] += _cpu_ms(event)
        else:
            starts.append(event["ts"])
            costs.append(_cpu_ms(event))
    if len(starts) < 10:
        raise ValueError(f"Expected a trace with at least 10 frames, got {len(starts)}: fly for longer.")
    intervals = np.diff(starts) / 1000
    tasks = [e for e in events if _is_on(e, main) and e["name"] == "RunTask" and starts[0] <= e["ts"] <= starts[-1]]
    return FrameTimes(
        n_frames=len(starts),
        interval_median=float(np.median(intervals)),
        interval_p95=float(np.percentile(intervals, 95)),
        main_thread_median=float(np.median(costs)),
        main_thread_p95=float(np.percentile(costs, 95)),
        busy=sum(map(_cpu_ms, tasks)) / len(starts),
    )


def _main_thread(events: Iterable[dict[str, Any]]) -> tuple[int, int]:
    """Process and thread that fired the most frames: a browser has other renderers, which stand still."""
    count: dict[tuple[int, int], int] = {}
    for event in events:
        if event.get("name") == "FireAnimationFrame" and event.get("ph") == "X":
            key = event["pid"], event["tid"]
            count[key] = count.get(key, 0) + 1
    if not count:
        raise ValueError("Expected a trace with frames, got none: the page stood still, or tracing was off.")
    return max(count, key=lambda key: count[key])


def _is_on(event: dict[str, Any], thread: tuple[int, int]) -> bool:
    return event.get("ph") == "X" and (event.get("pid"), event.get("tid")) == thread


def _cpu_ms(event: dict[str, Any]) -> float:
    return float(event.get("tdur", event.get("dur", 0))) / 1000
