"""Families of networks: the lines of a sweep are evaluated (`plan`), its points built, costed and filtered (`sweep`),
and shown as tables, charts and sheets. `lint` asks whether the comparison is fair, `building` writes files for all
points.
"""
