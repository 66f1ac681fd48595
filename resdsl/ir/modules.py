"""What a module of PyTorch can be called: the keys of checkpoints are paths of such names."""

from __future__ import annotations

import keyword
import re

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
"""What `nn.Module` and its containers have already, so that no child can be called so; a test compares."""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+")


def fault_of(part: str) -> str | None:
    """Why a part of a path cannot be the name of a module; None if it can."""
    if part in MODULE_NAMES:
        return f"every module has a `{part}` of its own"
    if keyword.iskeyword(part):
        return f"`{part}` is a keyword of Python"
    if not _PLAIN.fullmatch(part):
        return f"{part!a} is neither a name in plain letters nor a number"
    if part.startswith("_"):
        return f"names with an underscore in front, such as `{part}`, are PyTorch's own"
    return None


def unusable_part(path: str) -> str | None:
    """The first part of a path that cannot be the name of a module; None if all can."""
    return next((part for part in path.split(".") if fault_of(part) is not None), None)
