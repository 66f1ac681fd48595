"""Frozen records whose values are checked when they are made, by what their annotations say. Ops and the IR are made
of them; they load nothing, so that a command that checks a text waits for no library of models.
"""
