"""From text to the syntax tree: tokens (`lexer`), the parser and its kept tables (`parser`, `tables`), the classes of
the tree (`tree`), and what a message says of a text that cannot be read (`errors`, `slips`).
"""
