"""Compares two networks: rows with signatures (`entries`), which parts correspond (`alignment`), and what differs
(`difference`, `diff`).
"""
