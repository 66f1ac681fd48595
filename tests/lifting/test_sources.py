"""ONNX files of our own as plain graphs, and files that cannot be lifted."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

import resdsl
from resdsl.lifting.check import graph_hash, graph_of, modules
from resdsl.lifting.refusals import NotLifted, NotReadable, UnknownOps
from resdsl.lifting.sources.onnx import read_onnx

SMALL = (
    *("resnet20", "res2net50_26w_4s", "deblur", "sknet50", "mobilenet_v3_small"),
    *("shufflenet_v2_x1_0", "convnext_tiny", "botnet50"),
)


def names() -> list[str]:
    from resdsl.catalogue import networks_of
    from resdsl.resources import shipped_specs, zoo_specs

    return [name for path in (*shipped_specs(), *zoo_specs()) for name in networks_of(path)]


def agrees(name: str, path: Path, opset: int | None, **form: object) -> None:
    net = resdsl.load(name)
    net.to_onnx(path, opset=opset, no_weights=True, **form)  # type: ignore[arg-type]
    read, own = read_onnx(path), graph_of(net.ir)
    assert graph_hash(read) == graph_hash(own)
    assert modules(read) == modules(own)


@pytest.mark.parametrize("name", [name for name in SMALL if name in names()])
def test_a_file_reads_as_the_network_it_was_written_from(name: str, tmp_path: Path) -> None:
    for opset in (None, 21):
        agrees(name, tmp_path / "net.onnx", opset)


@pytest.mark.zoo
@pytest.mark.parametrize("name", names())
def test_every_shipped_network_reads_from_its_files(name: str, tmp_path: Path) -> None:
    for opset in (None, 21):
        agrees(name, tmp_path / "net.onnx", opset)
    agrees(name, tmp_path / "net.onnx", 21, functions=True)


def test_functions_read_as_their_nodes(tmp_path: Path) -> None:
    agrees("resnet34", tmp_path / "net.onnx", None, functions=True)


def test_batches_and_names_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    net = resdsl.load("resnet20")
    net.to_onnx(path, batch=4)
    model = onnx.load(path)
    names = {value: str(number) for number, value in enumerate({v for n in model.graph.node for v in n.output})}
    for node in model.graph.node:
        node.name = ""
        node.input[:] = [names.get(value, value) for value in node.input]
        node.output[:] = [names.get(value, value) for value in node.output]
    model.graph.output[0].name = names[model.graph.output[0].name]
    onnx.save(model, path)
    assert graph_hash(read_onnx(path)) == graph_hash(graph_of(net.ir))


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    whole = Path(resdsl.load("resnet20").to_onnx(tmp_path / "net.onnx")).read_bytes()
    for content in (b"", b"network a {}\n", whole[: len(whole) // 2], whole[: len(whole) - 10], bytes(500)):
        path = tmp_path / "other.onnx"
        path.write_bytes(content)
        with pytest.raises(NotReadable):
            read_onnx(path)


def model_of(nodes: list[onnx.NodeProto], shape: list[int | str]) -> bytes:
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    made = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    content: bytes = helper.make_model(helper.make_graph(nodes, "g", [given], [made])).SerializeToString()
    return content


def test_all_unknown_nodes_are_told_at_once(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Hardmax", ["a"], ["b"], name="first"),
        helper.make_node("Relu", ["b"], ["c"]),
        helper.make_node("Hardmax", ["a"], ["d"]),
        helper.make_node("NonZero", ["a"], ["e"], name="places"),
        helper.make_node("Sum", ["c", "d", "e"], ["y"]),
    ]
    path = tmp_path / "net.onnx"
    path.write_bytes(model_of(nodes, [1, 3, 8, 8]))
    with pytest.raises(UnknownOps) as refused:
        read_onnx(path)
    assert [(each.kind, each.count, each.place) for each in refused.value.unknown] == [
        ("Hardmax", 2, "first"),
        ("NonZero", 1, "places"),
    ]
    assert [node.op.op for node in read_onnx(path, until=["a"]).nodes] == ["relu"]


def test_open_sizes_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(model_of([helper.make_node("Relu", ["x"], ["y"])], ["batch", 3, "height", "width"]))
    with pytest.raises(NotLifted, match=r"open sizes, 3x\?x\?: give them"):
        read_onnx(path)
    assert read_onnx(path, {"": (3, 8, 9)}).inputs == {"x": (3, 8, 9)}
    with pytest.raises(NotLifted, match="cannot be 4x8x9"):
        read_onnx(path, {"": (4, 8, 9)})


def test_a_node_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    path = Path(resdsl.load("resnet20").to_onnx(tmp_path / "net.onnx"))
    with pytest.raises(NotLifted, match=r"did you mean `layer1\.0\.bn1`"):
        read_onnx(path, until=["layer1.0.bn_1"])
    assert read_onnx(path, until=["layer1.0.bn1"]).nodes[-1].path == "layer1.0.bn1"


def test_weights_outside_the_folder_are_not_read(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    path = inside / "net.onnx"
    resdsl.load("resnet20").to_onnx(path, external_data="raw")
    model = onnx.load(path, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = "../elsewhere"
    onnx.save(model, path)
    tensor = read_onnx(path).nodes[0].tensors["weight"]
    assert tensor.shape == (16, 3, 3, 3)
    with pytest.raises(NotReadable, match="outside the folder"):
        tensor.values()
