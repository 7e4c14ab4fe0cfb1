"""Pictures of pages for whoever wants to look at them: set CONSOLE_PICTURES to a folder."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Page

_SETTLED = 700  # milliseconds until movements of the page are over


async def shot(page: Page, name: str) -> None:
    """A picture to look at, when somebody asked for pictures."""
    folder = os.environ.get("CONSOLE_PICTURES")
    if folder:
        await page.wait_for_timeout(_SETTLED)
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
