"""`benchmark explorer`: the page in a real browser, beside three.js drawing nothing but points in the same run."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings

from catalog.services.errors import ServiceError
from catalog.services.progress import Progress, ignore_progress
from explorer.artifact import ArtifactReader
from explorer.management.browser_trace import TRACE_CATEGORIES, FrameTimes, read_frames
from explorer.management.folder_sink import FolderSink
from explorer.management.loopback import Served, serve_folders

__all__ = ["BARE_POINTS", "CHROMIUM_ARGUMENTS", "ExplorerFigures", "find_chromium", "measure_explorer"]

BARE_POINTS = 80_984  # what the original showed; the rival draws so many, whatever ours draws
WIDTH, HEIGHT = 1440, 900
TIMEOUT_S = 120.0
# Software WebGL 2, and none of the browser's own errands on the network.
CHROMIUM_ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
FLIGHT_KEYS = ("KeyW", "KeyD", "KeyS", "KeyA")  # in, to the right, out, to the left: ends about where it began

BARE_PAGE = """<!doctype html><meta charset="utf-8"><style>body {{ margin: 0; background: #05060a }}</style>
<script type="importmap">{{"imports": {{"three": "/three/three.module.js"}}}}</script>
<script type="module">
import {{ BufferAttribute, BufferGeometry, PerspectiveCamera, Points, PointsMaterial, Scene, WebGLRenderer }} from "three";
const n = {n};
const places = new Float32Array(3 * n), colours = new Float32Array(3 * n);
let seed = 1;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
for (let i = 0; i < n; i += 1) {{
  const k = i % 25;
  for (let axis = 0; axis < 3; axis += 1) {{
    places[3 * i + axis] = 40 * Math.sin(12.9898 * k + 78.233 * axis) + 12 * (random() + random() + random() - 1.5);
    colours[3 * i + axis] = 0.4 + 0.6 * random();
  }}
}}
const renderer = new WebGLRenderer();
renderer.setSize(innerWidth, innerHeight);
document.body.append(renderer.domElement);
const scene = new Scene();
const geometry = new BufferGeometry();
geometry.setAttribute("position", new BufferAttribute(places, 3));
geometry.setAttribute("color", new BufferAttribute(colours, 3));
scene.add(new Points(geometry, new PointsMaterial({{ size: 3, sizeAttenuation: false, vertexColors: true }})));
const camera = new PerspectiveCamera(50, innerWidth / innerHeight, 0.1, 1000);
let angle = 0;
const draw = () => {{
  angle += 0.01;
  camera.position.set(110 * Math.sin(angle), 10, 110 * Math.cos(angle));
  camera.lookAt(0, 0, 0);
  renderer.render(scene, camera);
  requestAnimationFrame(draw);
}};
draw();
</script>"""


@dataclass(frozen=True)
class ExplorerFigures:
    """What one size of galaxy cost; times in milliseconds, sizes in bytes."""

    n_images: int
    first_galaxy_ms: float
    """From the start of the navigation until the first frame with points is drawn; the median of the repeats."""
    first_galaxy_bytes: int
    """All that was sent until then: page, script, fonts, artifact."""
    all_points_ms: float
    """Until every point that this view wants is there."""
    all_points_bytes: int
    n_points_drawn: int
    n_draw_calls: int
    flight: FrameTimes
    bare: FrameTimes
    """three.js and nothing else, 80,984 points."""
    n_idle_frames: int
    """Drawn in two seconds in which nothing moved."""
    n_thumbnails: int
    n_thumbnail_requests: int
    thumbnail_bytes: int
    heap_before: int
    heap_after: int
    """Of the page's script after garbage collection, before and after the long flight."""
    flight_s: float
    picture_memory_bytes: int
    """By the page's own count, at the end of the flight."""

    @property
    def frame_ratio(self) -> float:
        """Our frame to the bare one: medians."""
        return self.flight.interval_median / self.bare.interval_median

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return asdict(self) | {"frame_ratio": round(self.frame_ratio, 3)}

    def describe(self) -> str:
        """For people."""
        growth = (self.heap_after - self.heap_before) / 2**20
        return "\n".join(
            [
                f"{self.n_images:,} images",
                f"  first galaxy        {self.first_galaxy_ms / 1000:.2f} s, {self.first_galaxy_bytes / 1e6:.2f} MB"
                f"   (all this view wants: {self.all_points_ms / 1000:.2f} s, {self.all_points_bytes / 1e6:.2f} MB, "
                f"{self.n_points_drawn:,} points)",
                f"  a frame in flight   {self.flight.interval_median:.1f} ms (95 %: {self.flight.interval_p95:.1f}), "
                f"{self.frame_ratio:.2f} times bare three.js with {BARE_POINTS:,} points "
                f"({self.bare.interval_median:.1f} ms, 95 %: {self.bare.interval_p95:.1f})",
                f"  main thread         {self.flight.main_thread_median:.1f} ms a frame (95 %: "
                f"{self.flight.main_thread_p95:.1f}; with style, layout and all else {self.flight.busy:.1f}), "
                f"{self.n_draw_calls} draw calls",
                f"  standing still      {self.n_idle_frames} frames in 2 s",
                f"  thumbnails in view  {self.n_thumbnails:,} for {self.n_thumbnail_requests} requests, "
                f"{self.thumbnail_bytes / 1e6:.2f} MB",
                f"  {self.flight_s:.0f} s of flight      heap {self.heap_before / 2**20:.1f} -> "
                f"{self.heap_after / 2**20:.1f} MB ({growth:+.1f}), pictures {self.picture_memory_bytes / 2**20:.0f} MB",
            ]
        )


def measure_explorer(
    folder: Path, *, repeats: int = 3, flight_s: float = 60.0, progress: Progress = ignore_progress
) -> ExplorerFigures:
    """Measure a published folder (index.html and all that it needs) in headless Chromium with software WebGL.

    Raises
    ------
    ServiceError: no Chromium, no three.js to compare with, or a page that does not come up.
    """
    three = Path(settings.BASE_DIR) / "explorer/frontend/node_modules/three/build"
    if not three.is_dir():
        raise ServiceError("Expected three.js in explorer/frontend/node_modules, found none. Run make test once.")
    with serve_folders({"/": folder, "/three/": three}) as served, _open_browser() as browser:
        progress("Opening", 0, repeats)
        loads = []
        for repeat in range(repeats):
            loads.append(_measure_load(browser, served))
            progress("Opening", repeat + 1, repeats)
        first_ms, first_bytes, all_ms, all_bytes = (median(column) for column in zip(*loads, strict=True))
        progress("Bare three.js", 0, 0)
        bare = _measure_bare(browser, folder, served)
        progress("Flying", 0, 0)
        figures = _measure_flight(browser, served, flight_s)
        reader = ArtifactReader(FolderSink(folder))
        atlases = {
            f"/{atlas.url}" for level in reader.tables.levels if level.tile_size == 64 for atlas in level.atlases
        }
        figures |= _measure_thumbnails(browser, served, atlases)
        return ExplorerFigures(
            first_galaxy_ms=first_ms,
            first_galaxy_bytes=int(first_bytes),
            all_points_ms=all_ms,
            all_points_bytes=int(all_bytes),
            bare=bare,
            flight_s=flight_s,
            **figures,
        )


def find_chromium() -> str | None:
    """Where Chromium is: as `CHROMIUM` says, or as Debian and others name it; None where it is not."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def _open_browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise ServiceError(
            "Expected Playwright, which drives the browser. Run make test once; it installs it."
        ) from error
    executable = find_chromium()
    if executable is None:
        raise ServiceError("Expected Chromium. Install Debian's chromium, or set CHROMIUM to the program's path.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def _open_page(browser: Any, address: str) -> Any:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    page.goto(address, wait_until="commit")
    return page


def _state(page: Any) -> dict[str, Any]:
    state: dict[str, Any] = page.evaluate("window.galaxy ? window.galaxy.state() : {phase: 'loading'}")
    return state


def _wait_until(page: Any, condition: Any, what: str) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition(_state(page)):
        if time.monotonic() > deadline:
            raise ServiceError(f"Expected {what} within {TIMEOUT_S:.0f} s; the page says {_state(page)}.")
        page.wait_for_timeout(20)


def _wait_for_rest(page: Any) -> None:
    """Wait until nothing moves and nothing is on its way, for half a second."""
    quiet = 0
    deadline = time.monotonic() + TIMEOUT_S
    before = -1
    while quiet < 10 and time.monotonic() < deadline:
        state = _state(page)
        is_still = not state["is_moving"] and state["n_requests"] == before
        before = state["n_requests"]
        quiet = quiet + 1 if is_still else 0
        page.wait_for_timeout(50)


def _measure_load(browser: Any, served: Served) -> tuple[float, int, float, int]:
    """Milliseconds and bytes until the first frame, and until the view has all it wants, with an empty cache."""
    served.sent.clear()
    page = _open_page(browser, f"{served.address}/index.html")
    _wait_until(page, lambda state: state["phase"] == "ready" and state["n_drawn_frames"] > 0, "a galaxy")
    first_ms, origin_ms = page.evaluate(
        "[performance.getEntriesByName('galaxy-first-frame')[0].startTime, performance.timeOrigin]"
    )
    first_bytes = sum(one.n_bytes for one in served.sent if one.at * 1000 < origin_ms + first_ms)
    _wait_for_rest(page)
    columns = [one for one in served.sent if not one.path.endswith(".webp")]
    page.context.close()
    last_ms = columns[-1].at * 1000 - origin_ms
    return first_ms, first_bytes, max(first_ms, last_ms), sum(one.n_bytes for one in columns)


def _measure_bare(browser: Any, folder: Path, served: Served) -> FrameTimes:
    page_file = folder / "bare.html"
    page_file.write_text(BARE_PAGE.format(n=BARE_POINTS))
    try:
        page = _open_page(browser, f"{served.address}/bare.html")
        page.wait_for_timeout(2000)
        browser.start_tracing(page=page, categories=TRACE_CATEGORIES)
        page.wait_for_timeout(8000)
        frames = read_frames(browser.stop_tracing())
        page.context.close()
        return frames
    finally:
        page_file.unlink()


def _measure_flight(browser: Any, served: Served, flight_s: float) -> dict[str, Any]:
    """Everything that is measured on one open page."""
    page = _open_page(browser, f"{served.address}/index.html")
    _wait_until(page, lambda state: state["phase"] == "ready" and state["n_drawn_frames"] > 0, "a galaxy")
    _wait_for_rest(page)
    state = _state(page)
    figures: dict[str, Any] = {
        "n_images": state["n_images"],
        "n_points_drawn": state["n_points_drawn"],
        "n_draw_calls": state["n_draw_calls"],
    }
    page.wait_for_timeout(2000)
    figures["n_idle_frames"] = _state(page)["n_drawn_frames"] - state["n_drawn_frames"]

    # The first lap fills caches and compiles; what stays after it must not grow any more.
    _fly(page, 6.0)
    figures["heap_before"] = _heap(page)
    browser.start_tracing(page=page, categories=TRACE_CATEGORIES)
    _fly(page, min(8.0, flight_s))
    figures["flight"] = read_frames(browser.stop_tracing())
    figures["n_draw_calls"] = max(figures["n_draw_calls"], _state(page)["n_draw_calls"])
    _fly(page, max(0.0, flight_s - 8.0))
    figures["heap_after"] = _heap(page)
    figures["picture_memory_bytes"] = _state(page)["memory_bytes"]
    page.context.close()
    return figures


def _fly(page: Any, seconds: float) -> None:
    """Laps through the galaxy with held keys."""
    page.mouse.move(WIDTH / 2, HEIGHT / 2)
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        for key in FLIGHT_KEYS:
            page.keyboard.down(key)
            page.wait_for_timeout(max(0.0, min(1000.0, 1000 * (stop - time.monotonic()))))
            page.keyboard.up(key)


def _heap(page: Any) -> int:
    """Bytes of JavaScript objects that are in use, after the garbage is collected."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: int = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used


def _measure_thumbnails(browser: Any, served: Served, atlases: set[str]) -> dict[str, int]:
    """Fly in until some two thousand pictures are in view; then open that view anew, with an empty cache, and count what it takes."""
    page = _open_page(browser, f"{served.address}/index.html")
    _wait_until(page, lambda state: state["phase"] == "ready" and state["n_drawn_frames"] > 0, "a galaxy")
    _wait_for_rest(page)
    page.mouse.move(WIDTH / 2, HEIGHT / 2)
    most, address = -1, page.url
    for _step in range(40):
        n_seen = _state(page)["n_visible_thumbnails"]
        if n_seen > most:
            most, address = n_seen, page.url
        if n_seen >= 2000:
            break
        if n_seen < 800:
            page.keyboard.press("+")
        else:
            page.mouse.wheel(0, -60)  # in small steps, so as not to fly past
        page.wait_for_timeout(250)
        _wait_for_rest(page)
    page.context.close()

    served.sent.clear()
    page = _open_page(browser, address)
    _wait_until(page, lambda state: state["phase"] == "ready" and state["n_drawn_frames"] > 0, "a galaxy")
    _wait_for_rest(page)
    sent = [one for one in served.sent if one.path in atlases]
    n_thumbnails = _state(page)["n_visible_thumbnails"]
    page.context.close()
    return {
        "n_thumbnails": n_thumbnails,
        "n_thumbnail_requests": len(sent),
        "thumbnail_bytes": sum(one.n_bytes for one in sent),
    }
