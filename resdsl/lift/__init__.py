"""The way back: from the graph of a model that somebody already has to a readable text of the language.

A source reads a file as a plain graph: layers of the registry of ops, each with the values it reads, and the path of
its module where the file tells it. What several nodes of a file mean together becomes one op (`idioms`). Whether two
graphs compute the same is decided by digests of their values (`check`). Nothing here knows any network by name.
"""
