"""Training all networks of a sweep, each from several seeds: one training (`unit`), which is a unit of
`resdsl.sweeps.units`, all of them (`run`), and what they will cost (`estimate`).
"""
