"""Data sets that networks are trained and tested on: a reader each, and what recipes make of them.

Readers give arrays and execute nothing of a file. Other packages add sets as entry points in `resdsl.data`.
"""
