"""What a trace says of frames: told from small traces, written by hand in Chromium's format."""

import json
from typing import Any

import pytest

from explorer.management.browser_trace import read_frames

PAGE = {"pid": 7, "tid": 1}
OTHER = {"pid": 9, "tid": 1}


def trace(*events: dict[str, Any]) -> bytes:
    return json.dumps({"traceEvents": list(events)}).encode()


def frame(at_ms: float, cost_ms: float, thread: dict[str, int] = PAGE, **more: Any) -> dict[str, Any]:
    return {"name": "FireAnimationFrame", "ph": "X", "ts": at_ms * 1000, "dur": cost_ms * 1000, **thread, **more}


def test_frames_are_told_apart_by_their_starts_and_cost_what_their_script_took() -> None:
    frames = read_frames(trace(*(frame(20 * k, 2 if k % 2 else 3) for k in range(21))))
    assert (frames.n_frames, frames.interval_median) == (21, 20)
    assert frames.main_thread_median == 3
    assert frames.main_thread_p95 == 3


def test_a_slow_frame_in_twenty_shows_in_the_95th_percentile_only() -> None:
    starts = [0.0]
    for k in range(40):
        starts.append(starts[-1] + (100 if k % 10 == 0 else 20))
    frames = read_frames(trace(*(frame(at, 1) for at in starts)))
    assert frames.interval_median == 20
    assert frames.interval_p95 == 100


def test_two_callbacks_of_one_frame_are_one_frame() -> None:
    pairs = [event for k in range(20) for event in (frame(16 * k, 1), frame(16 * k + 0.5, 2))]
    frames = read_frames(trace(*pairs))
    assert (frames.n_frames, frames.main_thread_median) == (20, 3)


def test_cpu_time_goes_before_wall_time_where_the_trace_has_it() -> None:
    frames = read_frames(trace(*(frame(20 * k, 9, tdur=1500) for k in range(12))))
    assert frames.main_thread_median == 1.5


def test_another_renderer_that_draws_now_and_then_is_not_the_page() -> None:
    events = [frame(20 * k, 2) for k in range(20)] + [frame(50 * k, 40, OTHER) for k in range(5)]
    assert read_frames(trace(*events)).main_thread_p95 == 2


def test_all_that_the_main_thread_did_is_shared_out_among_the_frames() -> None:
    tasks = [{"name": "RunTask", "ph": "X", "ts": 1000 * (20 * k + 5), "dur": 4000, **PAGE} for k in range(10)]
    frames = read_frames(trace(*(frame(20 * k, 2) for k in range(20)), *tasks))
    assert frames.busy == pytest.approx(10 * 4 / 20)


@pytest.mark.parametrize(("events", "said"), [([], "got none"), ([frame(20 * k, 2) for k in range(3)], "got 3")])
def test_a_trace_too_short_to_judge_is_refused(events: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_frames(trace(*events))
