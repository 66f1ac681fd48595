"""Writes the language: puts texts into canonical form (`formatting`).

A text is read into pieces (`pieces`, `reading`), which know the words, their comments and how the author broke the
lines; pieces are laid out in lines (`lines`), whose columns are aligned (`columns`).
"""
