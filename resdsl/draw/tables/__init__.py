"""The rows and cells of the architecture table as a figure, as in Table 1 of He et al. 2015, with what a comparison
adds to them (`overlays`). The table itself is put together in `resdsl.draw.views.table`.
"""
