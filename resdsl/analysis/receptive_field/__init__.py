"""Receptive fields: composed from what each op reads (`field`), for the rows of a table (`rows`), and for the changes
between two networks (`changes`).
"""
