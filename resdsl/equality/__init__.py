"""Whether networks compute the same in inference, whatever they are called and however that is written.

The hash of a sweep (`resdsl/sweeps/canonical.py`) tells all that a text can say of a network apart, as a training must.
Here, every value has a digest of how it is made: ways to say the same are one form (`forms`), and values made alike
have one digest (`digests`). A lift is compared with its model by them, and `Net.inference_hash` is made of them.
"""
