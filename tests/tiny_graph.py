"""ONNX graphs wired by hand: nodes with readable calls, constants inside or, as the real models have them, beside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper
from onnx.external_data_helper import set_external_data

I32, I64, F32, BOOL = TensorProto.INT32, TensorProto.INT64, TensorProto.FLOAT, TensorProto.BOOL


def tensor(name: str, values: Any, kind: type = np.float32) -> Any:
    return numpy_helper.from_array(np.asarray(values, dtype=kind), name)


def value(name: str, kind: int, shape: Sequence[int | str | None]) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


class Graph:
    """An ONNX graph, written line by line."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def const(self, values: Any, kind: type = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(tensor(name, values, kind))
        return name

    def do(self, operator: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        out = out or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [out], **attributes))
        return out

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        return self.do("Reshape", x, self.const(shape, np.int64))

    def save(self, path: Path, inputs: list[Any], outputs: list[Any], external: str = "") -> None:
        """With `external`, a file name beside `path`, the constants lie there, as the real backbone's do."""
        graph = helper.make_graph(self.nodes, path.stem, inputs, outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        checker.check_model(model)
        if external:
            _outside(self.constants, model, path.with_name(external))
        path.write_bytes(model.SerializeToString())


def _outside(constants: list[Any], model: Any, target: Path) -> None:
    with target.open("ab") as file:
        for tensor in model.graph.initializer:
            if tensor.data_type == F32 and tensor.raw_data:
                set_external_data(tensor, target.name, offset=file.tell(), length=len(tensor.raw_data))
                file.write(tensor.raw_data)
                tensor.ClearField("raw_data")
