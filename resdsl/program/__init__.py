"""How a network runs as a PyTorch module, before any of it is text: which bodies share a class, and in which
statements each class computes. The printer of PyTorch source writes these; the analysis of memory walks them.
"""
