"""Files for all points of a sweep: those of one point (`files`), which are a unit, and those of all (`run`). Where and
when units are made, and what a manifest says, is in `resdsl.sweeps.units`.
"""
