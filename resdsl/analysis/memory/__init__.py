"""Memory of a network in bytes, to run it and to train it: what is kept for the backward pass (`saved`), what is alive
at once (`peak`), the least a runtime could do with (`minimum`), and all of it together (`totals`).
"""
