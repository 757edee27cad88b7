import pytest

from tools import check_links


@pytest.fixture
def document(tmp_path, monkeypatch):
    monkeypatch.setattr(check_links, "ROOT", tmp_path)
    (tmp_path / "other.md").write_text("# A title: HL-CFG-001\n## `keys` & more\n```\n# no title\n```\n")
    return tmp_path / "index.md"


@pytest.mark.parametrize(
    ("link", "well"),
    [
        ("other.md", True),
        ("other.md#a-title-hl-cfg-001", True),
        ("other.md#keys--more", True),
        ("other.md#no-title", False),
        ("absent.md", False),
        ("#here", True),
        ("#there", False),
        ("https://example.org/x", True),
        ("mailto:a@example.org", True),
    ],
)
def test_links(document, link, well):
    document.write_text(f"# Here\n\nsee [it]({link})\n")
    expected = [] if well else [f"index.md:3: {link} leads nowhere"]
    assert check_links.problems(document) == expected


def test_code_is_no_link(document):
    document.write_text("```\n[a](absent.md)\n```\nand `[a](absent.md)`\n\n[b](gone.md)\n")
    assert check_links.problems(document) == ["index.md:6: gone.md leads nowhere"]
