"""Problems of a text as values: what they are (`problem`), how an error carries them (`spec_error`), how they are
shown, to people (`text`) and to programs (`json`), and how a text is mended where that is certain (`mending`). Each
stage keeps its own problems in its own `errors`.
"""
