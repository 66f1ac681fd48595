"""How a network runs as a PyTorch module, independent of any text: which bodies share a class, and the statements of
each class. The printer of PyTorch source writes them, and the analysis of memory walks them.
"""
