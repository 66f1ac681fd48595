"""The names that a PyTorch module can have; the keys of checkpoints are paths of such names."""

from __future__ import annotations

import keyword
import re

from resdsl.ir.network import Layer, Node

_MODULE_NAMES = """
    add_module append apply bfloat16 buffers call_super_init checkpointing children clear compile cpu cuda
    double dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half insert ipu items keys load_state_dict modules mtia named_buffers named_children
    named_modules named_parameters parameters pop register_backward_hook register_buffer register_forward_hook
    register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule
    share_memory state_dict T_destination to to_empty train training type update values xpu zero_grad
"""
MODULE_NAMES = frozenset(_MODULE_NAMES.split())
"""The attributes of `nn.Module` and its containers, which no child can be named after; a test compares the list."""
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")


_ATTRIBUTES = """
    bias dilation groups in_channels in_features kernel_size out_channels out_features output_padding padding
    padding_mode stride transposed weight
"""
OF_WEIGHTED = frozenset(_ATTRIBUTES.split())
"""The attributes of convolutions and linear layers, besides those of every module; a test compares the list."""


def may_hold(node: Node, path: str) -> bool:
    """Whether the module of a node can have another with that path within it.

    A convolution can have its norm: `conv1.norm` within `conv1`. A block has what its body has.
    """
    part = path.removeprefix(f"{node.path}.").partition(".")[0]
    return isinstance(node, Layer) and node.op.weighted and part not in OF_WEIGHTED


def fault_of(part: str) -> str | None:
    """The reason why a part of a path cannot be the name of a module; None if it can."""
    if part in MODULE_NAMES:
        return f"every module already has an attribute `{part}`"
    if keyword.iskeyword(part):
        return f"`{part}` is a Python keyword"
    if not _PLAIN.fullmatch(part):
        return f"{part!a} has other signs than plain letters, digits, underscores and hyphens"
    if part.startswith("_"):
        return f"names that begin with an underscore, such as `{part}`, are reserved for PyTorch"
    return None


def unusable_part(path: str) -> str | None:
    """The first part of a path that cannot be the name of a module; None if all can."""
    return next((part for part in path.split(".") if fault_of(part) is not None), None)
