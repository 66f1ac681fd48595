"""What a value sees of the input: composed from what each op reads (`field`), for the rows of a table (`rows`), and
between two networks (`changes`).
"""
