"""Networks in eight-bit integers: the images that scales are chosen by, and what the accuracy becomes.

The file is quantised in `resdsl.backends.onnx.quantizing`; here are the images that it takes, and the comparison of
both files on images that the scales have not met.
"""
