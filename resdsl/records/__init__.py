"""Frozen records that check their values against their annotations when they are made. Ops and the IR consist of them.
They need no other library, so a command that only checks a text does not wait for one to load.
"""
