"""Networks drawn as lattices, depth across and resolution down: a network is read as parts and what they read
(`parts`, `reading`), given columns and rows (`grid`, `tracks`), and joined by orthogonal lines (`wires`).
"""
