"""How long a network takes for a batch on this machine, in each form in which it can be run.

Forms are made by PyTorch or onnxruntime and timed alike, in turns. Nothing here is a function of the network alone: a
figure holds for the machine, the threads and the versions that stand beside it.
"""
