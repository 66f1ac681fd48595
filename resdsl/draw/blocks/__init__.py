"""A block drawn in full, as in Figures 2 and 5 of He et al. 2015: its layers and wires are read from the body
(`wiring`), arranged in lanes (`lanes`, `abreast`, `grid`), and drawn (`elements`, `routing`).
"""
