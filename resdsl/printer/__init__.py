"""Writes the language: from texts as they were typed to canonical ones (`formatting`), and from syntax trees, which may
have been made by a program, to texts (`statements`, `expressions`).

A text is read into pieces (`pieces`, `words`, `reading`), which know the words, their comments and how the author broke
the lines; pieces are laid out in lines (`lines`), whose columns are aligned (`columns`).
"""
