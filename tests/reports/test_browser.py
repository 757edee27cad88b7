"""The status page in a real browser, wide and on a telephone: `make soak`, where a chromium is found.

The ordinary suite reads the same pages by a parser (`test_page_facts.py`), which every machine has.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from tests.reports.test_page_facts import page

pytestmark = pytest.mark.soak
BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)


def shown(file: Path, *options: str) -> str:
    """What the browser makes of the file."""
    if not BROWSER:
        pytest.skip("no chromium is installed")  # under STRICT=1 a failure, as any skip
    fixed = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    words = [BROWSER, *fixed, f"--user-data-dir={file.parent / 'profile'}", *options, file.as_uri()]
    return subprocess.run(words, capture_output=True, text=True, timeout=300, check=True).stdout


@pytest.mark.parametrize("tables", [0, 3, 500])
def test_the_browser_shows_every_table(tables, tmp_path):
    file = tmp_path / "status.html"
    file.write_text(page(tables), encoding="utf-8")
    dom = shown(file, "--dump-dom")
    bronze = dom.partition('aria-label="Bronze tables"')[2].partition("</section>")[0]
    assert bronze.count("<tbody") == tables
    assert dom.count("<h1") == 1
    assert dom.rstrip().endswith("</html>")


@pytest.mark.parametrize(("width", "height"), [(1280, 2000), (390, 2000)])
def test_the_page_is_painted_wide_and_on_a_telephone(width, height, tmp_path):
    file, picture = tmp_path / "status.html", tmp_path / "status.png"
    file.write_text(page(3), encoding="utf-8")
    shown(file, f"--window-size={width},{height}", f"--screenshot={picture}")
    head = picture.read_bytes()
    assert struct.unpack(">II", head[16:24]) == (width, height)
    assert len(head) > 20_000, "an empty page compresses to less"
