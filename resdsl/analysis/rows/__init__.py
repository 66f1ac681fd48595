"""A network as a tree of rows, for tables, figures and comparisons: how it is made (`tree`), its repeats taken apart or
put together (`repeats`, `folded`), how many rows are too many (`bounded`), the layers behind a row (`layers`).
"""
