"""What a sweep makes, a unit in a folder of its own each: on all cores (`workers`), in parts (`shards`), with manifests
of what was made from what (`manifest`), so that it can be stopped and goes on where it was. Nothing here knows what a
unit is: the files of a point are one kind, a training of it is another.
"""
