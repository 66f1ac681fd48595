"""The cost report and the tables beside it: which columns there are (`columns`), which rows (`report`), and how they
are written as text, Markdown, LaTeX, CSV, HTML and JSON. The figures come from `resdsl.analysis`.
"""
