"""Recipes of training, as data: what networks are trained on and how, and how they are tested.

Read by name or from TOML and JSON files, validated, changed by key and compared. Nothing here needs PyTorch.
"""
