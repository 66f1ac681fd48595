"""What is known of a module of PyTorch: its arguments, its names, its nodes, and what is not in an export of it."""
