"""The primitives of which networks are made, one class each: parameters, shapes, strides, state, work, and forms in
PyTorch and ONNX as data. `registry` finds an op by its name, in other packages too.
"""
