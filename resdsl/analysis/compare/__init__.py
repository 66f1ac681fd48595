"""Two networks held against each other: rows with signatures (`entries`), which is which (`alignment`), and what
tells them apart (`difference`, `diff`).
"""
