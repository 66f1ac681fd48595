"""Whether the comparison that a sweep makes is fair: points that are the same network (`same`), values that change
nothing (`dead`), and axes that move more than they are about (`confounds`).
"""
