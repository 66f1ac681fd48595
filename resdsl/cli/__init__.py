"""The command `resdsl`: one module for each subcommand, and what they share to read options, write files and report
problems. This is the only part of the compiler that prints and that ends a process.
"""
