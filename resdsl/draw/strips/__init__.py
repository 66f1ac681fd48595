"""Networks drawn as strips, as in Figure 3 of He et al. 2015: a network is read as a row of parts with shortcuts
beside it (`reading`, `strip`), and drawn as a column or as a flow of stages.
"""
