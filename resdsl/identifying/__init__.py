"""Finds out which shipped network, with which settings, has the tensors of a weight file. Only names and shapes count:
no weights are read. An index of all shipped networks answers at once; other settings are searched.
"""
