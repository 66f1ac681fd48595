"""Counts a network the way other tools do, and explains how our figure becomes theirs.

Why it exists: the most common question about costs is why two tools print different figures for the same network. Our
counts are fine-grained enough to express each of their figures as a sum over our layers. `docs/conventions.md`
describes them in words.
"""
