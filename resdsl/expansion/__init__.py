"""What a network, a stage, a block or a layer expands to: its settings as resolved and where each came from, and its
ops with their paths, shapes and costs. `resdsl show` writes it.
"""
