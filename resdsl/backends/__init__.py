"""What a network becomes for other programs: a PyTorch module with its source and checkpoint (`torch`), and an ONNX
model (`onnx`). No other part of the compiler imports PyTorch.
"""
