"""Translators and judges of patches, small, with the specs and inputs they are tried on."""

from typing import Any

import torch
from torch import Tensor, nn

from ganworks.networks import DISCRIMINATORS, GENERATORS
from ganworks.spec import Span, Spec

Tree = dict[str, Any]
BUILDS: dict[str, Tree] = {
    "unet": {"name": "unet", "width": 4, "depth": 3},
    "unet-instance": {"name": "unet", "width": 4, "depth": 3, "norm": "instance"},
    "unet-plain": {"name": "unet", "width": 4, "depth": 4, "norm": "none"},
    "resnet": {"name": "resnet-translation", "width": 4, "blocks": 2},
    "resnet-batch": {"name": "resnet-translation", "width": 4, "blocks": 2, "norm": "batch"},
    "resnet-antialias": {"name": "resnet-translation", "width": 4, "blocks": 2, "norm": "none", "antialias": True},
    "restoration": {"name": "restoration", "width": 4, "blocks": 2},
    "restoration-direct": {"name": "restoration", "width": 4, "blocks": 2, "tail": "direct"},
    "restoration-fold": {"name": "restoration", "width": 4, "blocks": 2, "fold": 4},
    "gated": {"name": "holes", "width": 4, "depth": 3},
    "fourier": {"name": "holes", "width": 8, "depth": 2, "blocks": "fourier", "halvings": 1},
    "cycle": {"name": "cycle", "width": 4, "blocks": 1},
    "cycle-batch": {"name": "cycle", "width": 4, "blocks": 1, "norm": "batch"},
}
PATCHES: dict[str, Tree] = {
    **{f"patch-{norm}": {"name": "patch", "width": 4, "layers": 1, "norm": norm}
       for norm in ("batch", "instance", "spectral", "none")},
    "patch-output": {"name": "patch", "width": 4, "layers": 2, "sees": "output"},
    "patch-scales": {"name": "patch-scales", "width": 4, "layers": 1},
    "patch-cycle": {"name": "patch-cycle", "width": 4, "layers": 1},
}  # fmt: skip


def pictures(*shape: int, given: tuple[int, ...] | None = None, kind: str = "tanh", guess: Spec | None = None) -> Spec:
    condition = pictures(*given, kind="linear") if given else None
    return Spec(shape=shape, spans=(Span(channels=shape[0], kind=kind),), condition=condition, guess=guess)


def spec_for(tree: Tree, channels: int, height: int, width: int, scale: int = 1, kind: str = "tanh") -> Spec:
    """Pictures of so many channels from inputs of this size; stacked or with a mask where the network wants it."""
    name = tree["name"]
    channels *= 2 if name in {"cycle", "patch-cycle"} else 1
    inputs = channels + (name == "holes")
    return pictures(channels, scale * height, scale * width, given=(inputs, height, width), kind=kind)


def built(tree: Tree, spec: Spec) -> nn.Module:
    torch.manual_seed(0)
    table = GENERATORS if tree["name"] in GENERATORS else DISCRIMINATORS
    return table[tree["name"]].from_tree(tree).build(spec)


def trained(network: nn.Module) -> nn.Module:
    """In float64 and evaluation mode, with weights and statistics that have left their start, zeros above all."""
    network = network.double().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 2)
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, std=0.2)
    return network


def inputs(spec: Spec, count: int = 2, kind: torch.dtype = torch.float32, seed: int = 1) -> Tensor:
    """Conditions: noise, and for holes a mask as the last channel."""
    random = torch.Generator().manual_seed(seed)
    c = torch.rand(count, *spec.condition.shape, generator=random, dtype=kind) * 2 - 1
    if spec.condition.channels == spec.channels + 1:
        c[:, -1] = torch.where(torch.rand(c[:, -1].shape, generator=random) < 0.3, 1.0, -1.0)
    return c


def drawn(network: nn.Module, c: Tensor) -> Tensor:
    return network(c.new_zeros(len(c), 0), c)


def together(logits: Tensor | tuple[Tensor, ...]) -> Tensor:
    return torch.cat(logits, 1) if isinstance(logits, tuple) else logits
