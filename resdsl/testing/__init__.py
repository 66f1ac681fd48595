"""Testing by recipe: what is looked at in an image, what is averaged, and what is counted.

Views are arrays of numpy and the counting is too, so that PyTorch and onnxruntime are given the same views and only the
scores are theirs; testing an ONNX file needs no PyTorch.
"""
