"""Every link leads somewhere, and every page can be reached from the README."""

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, ROOT, without_blocks
from tools import check_links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert check_links.problems(page) == []


def test_a_broken_link_would_be_found() -> None:
    page = ROOT / "README.md"
    assert not check_links.leads_somewhere(page, "docs/no-such-page.md")
    assert not check_links.leads_somewhere(page, "docs/reference/cli.md#no-such-heading")
    assert check_links.leads_somewhere(page, "docs/reference/cli.md#exit-codes")


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    todo = [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page not in seen and page.suffix == ".md" and page.exists():
            seen.add(page)
            links = [link[1].partition("#")[0] for link in check_links._LINK.finditer(without_blocks(page))]
            todo += [(page.parent / link).resolve() for link in links if link and ":" not in link]
    assert [str(page.relative_to(ROOT)) for page in DOCS.rglob("*.md") if page not in seen] == []
