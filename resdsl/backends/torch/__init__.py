"""A network in PyTorch: one file of source that needs torch and nothing else (`source`), the module that it makes
when it is run (`live`), and a checkpoint that the module loads (`checkpoint`).
"""
