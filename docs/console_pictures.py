"""Pictures of the console's pages for the documentation: `python docs/console_pictures.py DATABASE_URL [FOLDER]`.

Needs Debian's Chromium. Each picture shows a page on a laptop and on a phone, light and dark; those of README show a laptop. The
demo's database is labelled a little on the way: the case that a picture shows is taken.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "_static" / "console"
README = Path(__file__).parent / "_static" / "readme"
README_SCALE, README_QUALITY = 0.8, 60
LAPTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 900}
SCHEMES = ("light", "dark")
SCALE, QUALITY = 0.5, 70
PAGES = {
    "now": "/",
    "board": "/themes",
    "families": "/themes?group=family",
    "map": "/themes/map",
    "theme": "/themes/{theme}",
    "tickets": "/themes/{theme}/tickets",
    "why": "/spikes/{spike}/why",
    "incidents": "/incidents",
    "incident": "/incidents/{incident}",
    "alerts": "/alerts",
    "alert": "/alerts/{alert}",
    "spikes": "/spikes",
    "known-issues": "/known-issues",
    "silences": "/silences",
    "digests": "/digests",
    "launches": "/launches",
    "launch": "/launches/{launch}",
    "plan": "/launches/new",
    "wall": "/launches/{launch}?wall=1",
    "operations": "/operations",
    "audit": "/audit",
    "people": "/people",
    "account": "/account",
}


@contextmanager
def console(database: str) -> Iterator[str]:
    """Serve the console of a database; yield the link that it prints."""
    command = [shutil.which("groundswell") or "groundswell", "serve", "--port", "0", "--database", database]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        try:
            lines = iter(process.stderr or ())
            yield next(found[0] for line in lines if (found := re.search(r"http://\S+", line)))
        finally:
            process.terminate()


def subjects(page: Any) -> dict[str, str]:
    """Return the ids that addresses need: of the most severe of each kind."""

    def newest(name: str) -> str:
        rows = page.request.get(f"/api/{name}").json()
        return str(rows[-1]["id"]) if rows else "1"

    spikes = page.request.get("/api/spikes").json()
    worst = max(spikes, key=lambda row: (row["theme_id"] != 0, row["severity"] or 0))
    launch = newest("launches").replace("/", "%2F")
    return {
        "theme": str(worst["theme_id"]),
        "spike": str(worst["id"]),
        "incident": newest("incidents"),
        "alert": newest("alerts"),
        "launch": launch,
    }


def draw_readme(view: Any) -> None:
    """Draw the two pictures of README: figures for leaders, and a case that is labelled."""
    from PIL import Image

    README.mkdir(parents=True, exist_ok=True)
    for name, show in (("figures", show_figures), ("labels", show_case)):
        show(view)
        shot = Image.open(io.BytesIO(view.screenshot())).convert("RGB")
        size = int(shot.width * README_SCALE), int(shot.height * README_SCALE)
        shot.resize(size, Image.Resampling.LANCZOS).save(README / f"{name}.webp", quality=README_QUALITY)


def show_figures(view: Any) -> None:
    """Show the overview of figures."""
    view.goto("/figures")


def show_case(view: Any) -> None:
    """Show the first case of the newest queue, with the procedure of the theme that is chosen for it."""
    view.goto("/labels")
    view.get_by_text(re.compile("^(Begin|Go on)$")).first.click()
    view.get_by_text(re.compile("^Payment still pending")).first.click()
    view.wait_for_load_state("networkidle")


def main() -> None:
    """Draw the pages of a database's console."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    chromium, target = shutil.which("chromium"), Path(sys.argv[2]) if len(sys.argv) > 2 else TARGET
    if chromium is None:
        sys.exit("Chromium is missing; `make system` installs it")
    target.mkdir(parents=True, exist_ok=True)
    with console(sys.argv[1]) as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        views = []
        for size in (LAPTOP, PHONE):
            for scheme in SCHEMES:
                context = browser.new_context(base_url=link.split("/sign-in")[0], viewport=size, color_scheme=scheme)
                views.append(context.new_page())
                views[-1].goto(link)
        if target == TARGET:
            draw_readme(views[0])
        found = subjects(views[0])
        for name, path in PAGES.items():
            shots = []
            for view in views:
                answer = view.goto(path.format(**found))
                if answer is None or not answer.ok:
                    print(f"{name}: {path.format(**found)} answered {answer.status if answer else 'nothing'}")  # noqa: T201 - a script
                shots.append(Image.open(io.BytesIO(view.screenshot())).convert("RGB"))
            sheet = Image.new("RGB", (sum(one.width for one in shots) + 60, shots[0].height), "#808080")
            left = 0
            for shot in shots:
                sheet.paste(shot, (left, 0))
                left += shot.width + 20
            smaller = sheet.resize((int(sheet.width * SCALE), int(sheet.height * SCALE)), Image.Resampling.LANCZOS)
            smaller.save(target / f"{name}.webp", quality=QUALITY)
        browser.close()


if __name__ == "__main__":
    main()
