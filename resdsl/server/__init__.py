"""The language server: what an editor asks about a text, answered while it is typed.

Answers are functions of a text and a place in it, and know no protocol; `protocol` carries them. A text is read
definition by definition (`items`), so that a keystroke costs what it changes.
"""
