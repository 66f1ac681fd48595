"""Files for all points of a sweep: a run that can be stopped and goes on where it was (`run`), on all cores
(`workers`), in shards (`shards`), with a manifest of what was made from what (`manifest`).
"""
