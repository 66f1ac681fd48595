"""What a user can set of the language server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Preferences:
    """The settings; editors send them under `resdsl`.

    Attributes:
        shapes: whether to show the shape after each statement.
        shares: whether to show the share of each stage in the multiply-adds of its network.
        lens: whether to show a summary above each network and sweep.
        delay: milliseconds without a keystroke after which a text is checked.
        points: the most points of a sweep that are built to check it; 0 for none.
        import_path: folders in which imports are looked up, besides that of the text.
    """

    shapes: bool = True
    shares: bool = True
    lens: bool = True
    delay: int = 80
    points: int = 1000
    import_path: tuple[str, ...] = ()

    def changed(self, given: object) -> tuple[Preferences, list[str]]:
        """These settings with others in their place, and what is wrong with those that cannot be taken.

        Args:
            given: as an editor sends them; `import_path` may be `importPath`.
        """
        if given is None:
            return self, []
        if not isinstance(given, Mapping):
            return self, ["the settings of resdsl must be an object"]
        changes: dict[str, Any] = {}
        wrong: list[str] = []
        known = {field.name: getattr(Preferences, field.name) for field in fields(Preferences)}
        for name, value in given.items():
            own = "import_path" if name == "importPath" else str(name)
            if own not in known:
                wrong.append(f"there is no setting `{name}`; available: {', '.join(known)}")
            elif own == "import_path":
                if isinstance(value, list) and all(isinstance(each, str) for each in value):
                    changes[own] = tuple(value)
                else:
                    wrong.append(f"`{name}` must be a list of folders")
            elif type(value) is not type(known[own]) or (isinstance(value, int) and value < 0):
                wanted = "true or false" if isinstance(known[own], bool) else "an integer of at least 0"
                wrong.append(f"`{name}` must be {wanted}")
            else:
                changes[own] = value
        return replace(self, **changes), wrong
