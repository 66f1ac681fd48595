"""What can be known of a network without running it: costs, memory, receptive fields, the arithmetic behind a figure,
comparisons, and counts as other tools make them. Facts only: `resdsl.report` and `resdsl.draw` show them.
"""
