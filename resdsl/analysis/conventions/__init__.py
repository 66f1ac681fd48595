"""The network counted as others count, and how our figure becomes theirs.

Why it exists: the most asked question about costs is why two tools print two figures for one network. Our counts
keep apart what others put together, so that each of their figures is a sum over our layers; `docs/conventions.md`
has them in words.
"""
