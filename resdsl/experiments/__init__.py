"""What runs have found: their results as rows, statistics over seeds, and the tables and charts of papers.

Read from the files that runs leave behind, so that neither data nor PyTorch are needed.
"""
