"""A network as a tree of rows, for tables, figures and comparisons: making it (`tree`), splitting and folding repeats
(`repeats`, `folded`), limiting the number of rows (`bounded`), and the layers behind a row (`layers`).
"""
