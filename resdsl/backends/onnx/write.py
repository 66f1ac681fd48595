"""Writes a network to an ONNX file, generating or reading its weights along the way.

Only the current piece of the weights is held in memory. Tensors are independent of each other and their positions are
known in advance, so several threads fill the file, and its bytes do not depend on their number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copyfile

from resdsl.backends.onnx.dynamic import dynamic_graph
from resdsl.backends.onnx.external import NotShared, Outside, beside, raw_places, shared_file, shared_places
from resdsl.backends.onnx.form import USUAL, OnnxForm, Precision
from resdsl.backends.onnx.functions import with_functions
from resdsl.backends.onnx.graph import OnnxGraph, onnx_graph
from resdsl.backends.onnx.model import FileLayout, Slot, data_layout, frame, frame_without_weights
from resdsl.backends.onnx.recorded import record
from resdsl.backends.onnx.tensors import converted
from resdsl.backends.onnx.verbatim import copy_verbatim
from resdsl.ir.network import Network
from resdsl.weights.file import stored_tensors
from resdsl.weights.save import write_safetensors
from resdsl.weights.source import WeightSource
from resdsl.weights.standardised import Applied

SMALL = 1 << 16
"""Up to this many bytes, values and the bytes before them are written at once."""

Put = Callable[[int, memoryview], None]
"""Called with an offset in the file and the bytes to write there."""


@dataclass(frozen=True, slots=True)
class Written:
    """A written file.

    Attributes:
        path: the path of the file.
        size: its size in bytes.
        nodes: number of nodes in the graph.
        tensors: number of weight tensors.
    """

    path: Path
    size: int
    nodes: int
    tensors: int


def write_onnx(network: Network, path: Path, source: WeightSource, threads: int, form: OnnxForm = USUAL) -> Written:
    """Write a network as an ONNX model into a file, using several threads.

    Raises:
        the errors of `onnx_graph`.
        ModelTooLarge: the file would have more than two gibibytes.
        OSError: the file cannot be written.
    """
    graph = formed_graph(network, form)
    if form.no_weights:
        layout = frame_without_weights(graph)
    elif (data := beside(network, path, source, form)) is not None and data.suffix == ".data":
        places = raw_places(graph, data.name)
        _fill_file(data_layout(graph, places), data, source, network, threads)
        layout = frame(_recording(graph, path, places), places)
    elif form.external_data == "safetensors":
        places = _in_safetensors(graph, network, path, source, data, copy=form.copy)
        layout = frame(_recording(graph, path, places), places)
    else:
        layout = frame(graph)
    _fill_file(layout, path, source, network, threads)
    return Written(path, layout.size, len(graph.nodes), len(graph.weights))


def formed_graph(network: Network, form: OnnxForm) -> OnnxGraph:
    """The graph of a network in a form.

    Raises:
        the errors of `onnx_graph` and `dynamic_graph`.
    """
    graph = dynamic_graph(network, form) if form.dynamic_hw else onnx_graph(network, form)
    return with_functions(graph) if form.functions else graph


def _recording(graph: OnnxGraph, path: Path, places: Mapping[str, Outside]) -> OnnxGraph:
    """The graph, which also says what the files of its weights are like now."""
    return replace(graph, about={**graph.about, **record(path.parent, places.values())})


def _in_safetensors(
    graph: OnnxGraph, network: Network, path: Path, source: WeightSource, new: Path | None, *, copy: bool
) -> dict[str, Outside]:
    """Where the weights are in the safetensors file that they come from, in a copy of it, or in a new one."""
    shared = shared_file(source)
    if shared is None and copy:
        raise NotShared("the weights do not come from a safetensors file as they are: there is nothing to copy")
    if shared is not None:
        file = shared.path if new is None else new
        places = shared_places(graph, network, path.parent, file, shared.entries)
        if new is not None:
            copyfile(shared.path, new)
        return places
    if graph.dtype != "float32":
        raise NotShared(
            f"a new safetensors file has float32, and the model would have {graph.dtype}: leave out --dtype, or put "
            "the weights into a file of raw values (--external-data)"
        )
    file = path.with_suffix(".safetensors") if new is None else new
    write_safetensors(network, file, source)
    return shared_places(graph, network, path.parent, file, stored_tensors(file))


def _fill_file(layout: FileLayout, path: Path, source: WeightSource, network: Network, threads: int) -> None:
    with path.open("wb") as file:
        file.truncate(layout.size)
    if (shared := shared_file(source)) is not None:
        layout = copy_verbatim(layout, path, shared, network)
    _fill(layout, Applied(source, network), threads, lambda: _writing(path))


def onnx_bytes(network: Network, source: WeightSource, form: OnnxForm = USUAL) -> bytes:
    """A network as an ONNX model in memory.

    Raises:
        the errors of `onnx_graph`.
        ModelTooLarge: the model would have more than two gibibytes.
    """
    graph = formed_graph(network, form)
    layout = frame_without_weights(graph) if form.no_weights else frame(graph)
    model = bytearray(layout.size)

    def put(start: int, data: memoryview) -> None:
        model[start : start + len(data)] = data

    _fill(layout, Applied(source, network), 1, lambda: nullcontext(put))
    return bytes(model)


def _fill(
    layout: FileLayout, source: WeightSource, threads: int, target: Callable[[], AbstractContextManager[Put]]
) -> None:
    """Write all slots, the largest tensors first, so that no thread finishes long after the others."""
    waiting = deque(sorted(layout.slots, key=lambda slot: slot.start - slot.end))

    def work() -> None:
        try:
            with target() as put:
                while (slot := _next(waiting)) is not None:
                    _fill_slot(slot, source, put, layout.dtype)
        finally:
            # After an error there is nothing left to do for the other threads.
            waiting.clear()

    with target() as put:
        put(0, memoryview(layout.head))
    if threads == 1:
        work()
        return
    with ThreadPoolExecutor(threads) as pool:
        try:
            for done in [pool.submit(work) for _ in range(threads)]:
                done.result()
        finally:
            waiting.clear()


def _next(waiting: deque[Slot]) -> Slot | None:
    try:
        return waiting.popleft()
    except IndexError:
        return None


def _fill_slot(slot: Slot, source: WeightSource, put: Put, dtype: Precision) -> None:
    at, head = slot.start, slot.head
    for piece in source.pieces(slot.name, slot.tensor):
        data = converted(piece, slot.name, slot.tensor, dtype).data.cast("B")
        if head and len(data) <= SMALL:
            data = memoryview(head + data)
        elif head:
            put(at, memoryview(head))
            at += len(head)
        head = b""
        put(at, data)
        at += len(data)
    if at != slot.end:
        excess = "many" if at > slot.end else "few"
        raise ValueError(f"the source yields {abs(at - slot.end):,} bytes too {excess} for `{slot.name}`")


@contextmanager
def _writing(path: Path) -> Iterator[Put]:
    """A function that writes at any offset of a file; each thread needs its own, since a file has one position."""
    with path.open("r+b", buffering=0) as file:

        def put(start: int, data: memoryview) -> None:
            file.seek(start)
            while data:
                data = data[file.write(data) :]

        yield put
