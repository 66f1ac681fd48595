"""A network as an ONNX model: its graph as plain records (`graph`), the bytes of the file (`model`, `protobuf`), and
the writing of it with the weights last (`write`). Writing needs no package `onnx`.
"""
