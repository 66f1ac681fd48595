"""What was meant by a value that is none of those that an option takes."""

from __future__ import annotations

from collections.abc import Sequence

_ELSEWHERE = {
    "torch": ("pytorch", "pt", "py", "python"),
    "safetensors": ("safetensor", "weights"),
    "markdown": ("md",),
    "latex": ("tex",),
    "json": ("jsonl",),
    "text": ("txt", "plaintext"),
}


def choice_instead(written: str, choices: Sequence[str]) -> str | None:
    """The choice that was meant, as a hint; None if there is none.

    Args:
        written: the value that is none of them.
        choices: those that there are.
    """
    from resdsl.diagnostics.suggest import nearest

    parts = [part.strip() for part in written.split(",")]
    if len(parts) > 1 and all(part in choices for part in parts):
        return "Give one at a time."
    word = written.lower()
    meant = next((choice for choice, others in _ELSEWHERE.items() if choice in choices and word in others), None)
    meant = meant or nearest(word, choices)
    return f"Did you mean '{meant}'?" if meant else None
