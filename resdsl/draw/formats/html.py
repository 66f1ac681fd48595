"""A scene as an HTML page that is also well-formed XML, with the figure inline and its description below."""

from __future__ import annotations

from resdsl.draw.formats.svg import element, escaped
from resdsl.draw.scene import Scene
from resdsl.draw.texts import clean, isolated
from resdsl.draw.themes import Theme


def html(scene: Scene, theme: Theme) -> str:
    """The page, ending with a line feed."""
    title = escaped(isolated(clean(scene.title)))
    ink, paper = theme.style("text").text, theme.background if theme.background != "none" else "#ffffff"
    look = (
        f"body {{ margin: 2em; background: {paper}; color: {ink}; font-family: Helvetica, Arial, sans-serif; }} "
        "svg { max-width: 100%; height: auto; } figure { margin: 0; } figcaption { max-width: 45em; font-size: 0.9em; }"
    )
    return f"""<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{title}</title>
<style>{look}</style>
</head>
<body>
<figure>
{element(scene, theme)}<figcaption>{escaped(isolated(clean(scene.description)))}</figcaption>
</figure>
</body>
</html>
"""
