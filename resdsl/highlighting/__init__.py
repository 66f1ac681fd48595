"""The language as editors show it: its words by their kinds, to which all grammars of editors are held, and a lexer for
Pygments. Only the lexer needs Pygments; nothing here compiles a text.
"""
