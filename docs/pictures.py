"""Pictures of two digests of the demo for the documentation: `make pictures`, or `python docs/pictures.py FOLDER` on published digests.

Needs Debian's Chromium. Each page is drawn 720 points wide, cut after its second item, and stored with few colors.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

TARGET = Path(__file__).parent / "_static" / "digests"
DIGESTS = ("checkout", "ops-leads")
WIDTH, ITEMS, COLORS = 720, 2, 48


def main() -> None:
    """Draw the digests of a folder."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    folder, chromium = Path(sys.argv[1]), shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is missing; `make system` installs it")
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        for name in DIGESTS:
            page.goto((folder / f"{name}.html").resolve().as_uri())
            rows = page.evaluate(
                "[...document.querySelectorAll('body > table > tbody > tr')].map(row => row.getBoundingClientRect().bottom)"
            )
            end = rows[min(ITEMS, len(rows) - 1)]
            shot = page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": end})
            picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
            picture.save(TARGET / f"{name}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
