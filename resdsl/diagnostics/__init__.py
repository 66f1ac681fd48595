"""Problems of a text as values: what they are (`problem`), how an error carries them (`spec_error`), and how they are
shown, to people (`text`) and to programs (`json`). Each stage keeps its own problems in its own `errors`.
"""
