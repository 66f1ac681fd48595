"""The inputs of a file, with the shapes of one sample: those of the file, or those that are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resdsl.lifting.refusals import NotLifted, NotReadable
from resdsl.lifting.sources.onnx_file import FileModel
from resdsl.lifting.sources.reading import Reading
from resdsl.printable import some


def take_inputs(
    model: FileModel, read: set[str], sizes: dict[str, Sequence[int]], reading: Reading
) -> dict[str, tuple[int, ...]]:
    """The inputs that are read, with the shapes of a sample, which are taken into what is known.

    Raises:
        NotReadable: outputs depend on none, or one has no values.
        NotLifted: the size of one is open, or a size is given that it cannot have.
    """
    flowing = {name: shape for name, shape in model.inputs.items() if name in read}
    if not flowing:
        raise NotReadable("the model has no input that its outputs depend on")
    _refuse_names(model, flowing, sizes)
    found = {}
    for name, shape in flowing.items():
        if any(size is not None and size < 1 for size in shape):
            raise NotReadable(f"the input `{name}` is {_stated(shape)} in the file, which has no values")
        given = tuple(sizes.get(name, sizes.get("", ())))
        sample = given or shape[1:]
        if not sample or any(size is None or size < 1 for size in sample):
            stated = _stated(shape[1:]) or "?"
            hint = " ".join(f"--input {_named(each, flowing)}3x224x224" for each in flowing if each not in sizes)
            raise NotLifted(f"the input `{name}` has open sizes, {stated}: give them, as in `{hint}`")
        fits = len(given) == len(shape) - 1 and all(
            size in (None, own) for size, own in zip(shape[1:], given, strict=True)
        )
        if given and shape and not fits:
            raise NotLifted(f"the input `{name}` is {_stated(shape[1:])} in the file, and cannot be {_stated(given)}")
        found[name] = tuple(int(size) for size in sample if size is not None)
    batches = {shape[0] for shape in flowing.values() if shape and shape[0]}
    reading.batch = min((size for size in batches if size), default=1)
    reading.shapes.update({name: (reading.batch, *shape) for name, shape in found.items()})
    return found


def _refuse_names(
    model: FileModel, flowing: Mapping[str, Sequence[int | None]], sizes: Mapping[str, Sequence[int]]
) -> None:
    """Refuse shapes of which it is not clear of which input they are."""
    unknown = [name for name in sizes if name and name not in model.inputs]
    if unknown:
        raise NotLifted(f"the file has no input `{unknown[0]}`; it has {some([*model.inputs])}")
    if "" in sizes and (len(flowing) > 1 or len(sizes) > 1):
        shape = _stated(sizes[""])
        hint = " ".join(f"--input {name}={_stated(sizes.get(name, ())) or shape}" for name in flowing)
        raise NotLifted(f"give each input one shape, with its name where there are several, as in `{hint}`")


def _named(name: str, flowing: Mapping[str, object]) -> str:
    return f"{name}=" if len(flowing) > 1 else ""


def _stated(shape: Sequence[int | None]) -> str:
    return "x".join("?" if size is None else str(size) for size in shape)
