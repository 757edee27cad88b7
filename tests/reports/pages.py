"""Reads a status page as a browser would, and refuses markup that is not well-formed."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "col"}


@dataclass
class Element:
    """One element with its own text and what is inside it."""

    tag: str
    attributes: dict[str, str | None]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str | None = None, **attributes: str) -> list[Element]:
        """Descendants in reading order."""
        found = []
        for child in self.children:
            same = all(child.attributes.get(k.rstrip("_").replace("_", "-")) == v for k, v in attributes.items())
            found += [child] if tag in (None, child.tag) and same else []
            found += child.all(tag, **attributes)
        return found

    @property
    def whole_text(self) -> str:
        """All text inside; that of pictures is left out."""
        return self.text + "".join(c.whole_text for c in self.children if c.tag not in {"svg", "style"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("document", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        assert len(element.attributes) == len(attrs), f"an attribute of {tag} is written twice"
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(Element("#text", {}, text=data))


def read_page(text: str) -> Element:
    """The root of a page whose elements all close in order."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader.open) == 1, f"not closed: {[e.tag for e in reader.open[1:]]}"
    return reader.open[0]
