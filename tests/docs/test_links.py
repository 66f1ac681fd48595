"""Links between pages lead somewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.markdown import LINK, PAGES, anchors, prose, short


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in LINK.findall(prose(page)) if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether a file is there, and the heading in it; addresses elsewhere are not asked."""
    if link.startswith(("https://", "http://")):
        return True
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("link", ["nothing.md", "README.md#no-such-heading", "#no-such-heading"])
def test_a_dead_link_is_seen(link: str, root: Path) -> None:
    assert not leads_somewhere(root / "README.md", link)
