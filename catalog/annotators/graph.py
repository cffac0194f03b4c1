"""Build EfficientNet-Lite2 as an ONNX graph from its weights.

Architecture: Tan and Le, "EfficientNet" (2019), scaled by width 1.1 and depth 1.2, in the "Lite" form: no
squeeze-and-excitation, ReLU6 for swish, and the first stage, the last stage, stem and head not deepened or widened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Weights = Mapping[str, npt.NDArray[Any]]

INPUT_SIZE_PX: Final = 260
N_FEATURES: Final = 1280
N_CLASSES: Final = 1000
OPSET: Final = 17
IR_VERSION: Final = 8  # what opset 17 came with; every onnxruntime since 1.12 reads it
BATCH_NORM_EPSILON: Final = 1e-3


class Stage(NamedTuple):
    """A row of blocks; the first has the stride, the others stride 1."""

    n_blocks: int
    kernel_px: int
    stride: int


STAGES: Final = (
    Stage(1, 3, 1),
    Stage(3, 3, 2),
    Stage(3, 5, 2),
    Stage(4, 3, 2),
    Stage(4, 5, 1),
    Stage(5, 5, 2),
    Stage(1, 3, 1),
)


def build_label_model(weights: Weights) -> onnx.ModelProto:
    """Build the network that looks at pictures.

    Parameters
    ----------
    weights
        The checkpoint's tensors, float32, under PyTorch's names (`_conv_stem.weight`, `_blocks.0._bn1.running_var` ...).

    Returns
    -------
    onnx.ModelProto
        Input `pictures`: uint8, shape (n, 260, 260, 3), RGB. Outputs `logits`: float32, (n, 1000), and `features`:
        float32, (n, 1280), the means over the last feature map.

    Raises
    ------
    KeyError
        A weight is missing.
    """
    return _Builder(weights).build()


class _Builder:
    """Collects nodes and constants; each method adds one layer and returns the name of its output."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def build(self) -> onnx.ModelProto:
        value = self.normalise("pictures")
        value = self.relu6(self.convolve(value, "_conv_stem", "_bn0", kernel_px=3, stride=2))
        index = 0
        for stage in STAGES:
            for position in range(stage.n_blocks):
                value = self.block(value, f"_blocks.{index}", stage.kernel_px, stage.stride if position == 0 else 1)
                index += 1
        value = self.relu6(self.convolve(value, "_conv_head", "_bn1"))
        value = self.node("GlobalAveragePool", [value])
        features = self.node("Flatten", [value], output="features", axis=1)
        fc_weight = self.constant("fc.weight", self.weights["_fc.weight"])
        fc_bias = self.constant("fc.bias", self.weights["_fc.bias"])
        logits = self.node("Gemm", [features, fc_weight, fc_bias], output="logits", transB=1)
        graph = helper.make_graph(
            self.nodes,
            "efficientnet-lite2",
            [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", INPUT_SIZE_PX, INPUT_SIZE_PX, 3])],
            [
                helper.make_tensor_value_info(logits, TensorProto.FLOAT, ["n", N_CLASSES]),
                helper.make_tensor_value_info(features, TensorProto.FLOAT, ["n", N_FEATURES]),
            ],
            self.constants,
        )
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="galaxy"
        )

    def normalise(self, value: str) -> str:
        """(x - 127) / 128, channels first. In the graph, so that the caller hands over plain bytes."""
        value = self.node("Cast", [value], to=TensorProto.FLOAT)
        value = self.node("Transpose", [value], perm=[0, 3, 1, 2])
        value = self.node("Sub", [value, self.constant("mean", np.float32(127))])
        return self.node("Mul", [value, self.constant("scale", np.float32(1 / 128))])

    def block(self, value: str, name: str, kernel_px: int, stride: int) -> str:
        """An inverted residual block: widen, look around, narrow, and add what came in where shapes allow."""
        came_in = value
        if f"{name}._expand_conv.weight" in self.weights:
            value = self.relu6(self.convolve(value, f"{name}._expand_conv", f"{name}._bn0"))
        value = self.convolve(value, f"{name}._depthwise_conv", f"{name}._bn1", kernel_px=kernel_px, stride=stride)
        value = self.convolve(self.relu6(value), f"{name}._project_conv", f"{name}._bn2")
        expand = self.weights.get(f"{name}._expand_conv.weight", self.weights[f"{name}._depthwise_conv.weight"])
        n_in = expand.shape[1] if f"{name}._expand_conv.weight" in self.weights else expand.shape[0]
        n_out = self.weights[f"{name}._project_conv.weight"].shape[0]
        return self.node("Add", [value, came_in]) if stride == 1 and n_in == n_out else value

    def convolve(self, value: str, conv: str, batch_norm: str, *, kernel_px: int = 1, stride: int = 1) -> str:
        """A convolution with its batch norm folded in; padded as TensorFlow does, more at the right and the bottom."""
        weight = self.weights[f"{conv}.weight"]
        gain = self.weights[f"{batch_norm}.weight"] / np.sqrt(
            self.weights[f"{batch_norm}.running_var"] + BATCH_NORM_EPSILON
        )
        bias = self.weights[f"{batch_norm}.bias"] - self.weights[f"{batch_norm}.running_mean"] * gain
        return self.node(
            "Conv",
            [
                value,
                self.constant(f"{conv}.weight", weight * gain[:, None, None, None]),
                self.constant(f"{conv}.bias", bias),
            ],
            kernel_shape=[kernel_px, kernel_px],
            strides=[stride, stride],
            auto_pad="SAME_UPPER",
            group=weight.shape[0] if weight.shape[1] == 1 else 1,
        )

    def relu6(self, value: str) -> str:
        return self.node("Clip", [value, self.constant("zero", np.float32(0)), self.constant("six", np.float32(6))])

    def constant(self, name: str, array: npt.NDArray[Any] | np.float32) -> str:
        if all(existing.name != name for existing in self.constants):
            self.constants.append(numpy_helper.from_array(np.asarray(array, dtype=np.float32), name))
        return name

    def node(self, operator: str, inputs: list[str], *, output: str | None = None, **attributes: Any) -> str:
        output = output or f"{operator}.{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output
