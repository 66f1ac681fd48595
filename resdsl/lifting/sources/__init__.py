"""Sources of plain graphs, one for each kind of file. A source reads what a file says of its layers, and no weights;
what it cannot express in ops of the language it collects, and refuses all of it at once.
"""
