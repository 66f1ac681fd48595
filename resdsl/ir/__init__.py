"""The network as every output reads it: its records (`network`), walks over them (`walk`), their JSON form (`json`),
and the check that they fit together (`verify`). Nothing here knows the language or a framework.
"""
