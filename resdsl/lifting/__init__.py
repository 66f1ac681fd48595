"""The way back: from the graph of a model that somebody already has to a readable text of the language.

A source reads a file as a plain graph: layers of the registry of ops, each with the values it reads, and the path of
its module where the file tells it. What several nodes of a file mean together becomes one op (`idioms`). The plain
graph is parsed into chains, branches and tangles (`structure`), shortcuts become a setting (`shortcuts`), equal parts
share a block (`segments`, `statements`, `blocks`, `library`), and repeats are stages (`stages`). The text that comes of
it is compiled again, and its graph compared with the plain one by digests of all values (`check`): what does not agree
is never written (`lifted`). Nothing here knows any network by name.
"""
