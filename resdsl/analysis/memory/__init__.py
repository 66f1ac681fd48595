"""The memory that a network needs to run and to train, in bytes: what is kept for the backward pass (`saved`), what is
alive at once (`peak`), the least that a runtime needs (`minimum`), and the totals (`totals`).
"""
