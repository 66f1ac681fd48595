"""Figures: a view turns networks into a scene, which has boxes, lines and texts in their places, and each format
writes the same scene. Nothing here computes a cost: that is `resdsl.analysis`.
"""
