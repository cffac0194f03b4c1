"""The galaxy page as a test sees it: through `window.galaxy`, and through real mouse and keyboard."""

import io
import time
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page

TIMEOUT_S = 30.0


class GalaxyPage:
    """One opened galaxy. Polls from here, because the page's security policy rightly forbids evaluating strings in it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        page.goto(address)
        self.wait_for(lambda: self.state()["phase"] not in ("loading", None), "the galaxy to load")

    def state(self) -> dict[str, Any]:
        """See explorer/frontend/src/testing.ts; {"phase": None} before the script runs."""
        state: dict[str, Any] = self.page.evaluate("window.galaxy ? window.galaxy.state() : {phase: null}")
        return state

    def wait_for(self, condition: Any, what: str) -> None:
        """Poll until the condition holds."""
        deadline = time.monotonic() + TIMEOUT_S
        while not condition():
            assert time.monotonic() < deadline, f"waited {TIMEOUT_S} s for {what}; the page says {self.state()}"
            self.page.wait_for_timeout(50)

    def settle(self) -> dict[str, Any]:
        """Wait until nothing moves any more and nothing is on its way; returns the state."""
        self.page.wait_for_timeout(60)
        self.wait_for(lambda: not (self.state()["is_moving"] or self.state()["is_loading"]), "the galaxy to rest")
        return self.state()

    def uuids(self, limit: int | None = None) -> list[str]:
        """All pictures, or the first few, in the artifact's order."""
        uuids: list[str] = self.page.evaluate("limit => window.galaxy.uuids(0, limit ?? Infinity)", limit)
        return uuids

    def clickable(self, uuids: list[str]) -> list[tuple[str, tuple[float, float]]]:
        """Those of these pictures that a click would hit, with where; others are hidden or under a panel."""
        places = self.page.evaluate(
            """uuids => Promise.all(uuids.map(async uuid => {
                const spot = await window.galaxy.project(uuid);
                if (spot === null || !spot.visible) return null;
                const top = document.elementFromPoint(spot.x, spot.y);
                return top !== null && top.tagName === "CANVAS" ? [spot.x, spot.y] : null;
            }))""",
            uuids,
        )
        return [(uuid, (place[0], place[1])) for uuid, place in zip(uuids, places, strict=True) if place is not None]

    def spot(self, uuid: str) -> tuple[float, float]:
        """Where a picture is drawn, in CSS px, even if something hides it."""
        x, y = self.page.evaluate(
            "async uuid => { const { x, y } = await window.galaxy.project(uuid); return [x, y]; }", uuid
        )
        return float(x), float(y)

    def length_of(self, uuid: str) -> float:
        """How long the longer side of a picture is on the screen, in CSS px."""
        px: float = self.page.evaluate("async uuid => (await window.galaxy.project(uuid)).px", uuid)
        return px

    def fly_to(self, uuid: str) -> None:
        """Do what a click on it does, and arrive."""
        assert self.page.evaluate("uuid => window.galaxy.flyTo(uuid)", uuid)
        self.settle()

    def panel_uuid(self) -> str | None:
        """Whose panel is open."""
        panel = self.page.query_selector("aside.panel")
        return None if panel is None else panel.get_attribute("data-uuid")

    def panel_labels(self) -> list[tuple[str, str]]:
        """(term, score as shown) of each row in the panel."""
        rows = self.page.query_selector_all("aside.panel .label")
        return [
            (row.query_selector(".label-term").inner_text(), row.query_selector(".label-score").inner_text())
            for row in rows
        ]

    def pixels(self) -> np.ndarray[Any, Any]:
        """What is drawn, uint8 (height, width, 3)."""
        return np.asarray(Image.open(io.BytesIO(self.page.screenshot())).convert("RGB"))
