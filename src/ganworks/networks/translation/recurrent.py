"""`recurrent`: frame by frame, each drawn from its input and from the last output, moved to where things are now.

The idea of Sajjadi et al. (2018), with a residual network that draws and a small one that finds the motion; both learn
together. A judge of frames stands beside it.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ...settings import ConfigError
from ...spec import Span, Spec
from ..base import Discriminator, Generator
from .motion import Motion, carried, enlarged
from .patch import PatchDiscriminator
from .restoration import RestorationGenerator, Restorer

Frames = tuple[Tensor, Tensor]
"""The last input c (B, C, H, W), and what was drawn for it (B, C', scale H, scale W)."""


class RecurrentGenerator(Generator):
    """Restores clips: `restoration`, which also sees the last output along the flow. Sajjadi et al. (2018).

    Where inputs end in a mask of holes, holes begin as what the last output had there, and known pixels come back as
    they are.
    """

    name: Literal["recurrent"] = "recurrent"
    latent: int = Field(default=0, ge=0)
    """Length of the latent vector, which is ignored."""
    width: int = Field(default=64, gt=0)
    """Channels of every block."""
    blocks: int = Field(default=10, gt=0)
    """Residual blocks of two convolutions."""
    fold: Literal[1, 2, 4] = 1
    """Squares of so many pixels a side become channels before the blocks; sides must be multiples of it."""
    tail: Literal["full", "direct"] = "full"
    """Convolutions at full size after the pixel shuffle, or one shuffle straight into the picture, which is cheaper."""
    motion_width: int = Field(default=16, gt=0)
    """Channels of the network that finds the motion."""
    motion_levels: int = Field(default=3, ge=1, le=6)
    """Sizes at which it looks, each half the one before: about 6, 12, 24, 48 pixels of motion for 1, 2, 3, 4."""

    def build(self, spec: Spec) -> nn.Module:
        frame = of_frames(spec, self.name)
        assert frame.condition is not None
        inputs, outputs = frame.condition.channels, frame.channels
        scale = max(1, frame.axes[0] // frame.condition.axes[0])
        holes = inputs == outputs + 1
        if inputs < outputs:
            raise ConfigError(
                f"{self.name} continues its input, which has {inputs} channels of {outputs}; keep them all"
            )
        seen = inputs + outputs * scale**2
        wide = frame.condition.model_copy(
            update={"shape": (seen, *frame.condition.axes), "spans": (Span(channels=seen, kind="linear"),)}
        )
        drawer = RestorationGenerator(width=self.width, blocks=self.blocks, fold=self.fold, tail=self.tail).build(
            frame.model_copy(update={"condition": wide})
        )
        assert isinstance(drawer, Restorer)
        motion = Motion(inputs - holes, self.motion_width, self.motion_levels)
        return Recurrent(drawer, motion, outputs, holes)


class Recurrent(nn.Module):
    """forward(z, c): clips c (B, C, T, H, W) -> (B, C', T, sH, sW), from nothing before them; pictures c (B, C, H, W)
    as clips of one frame. `follow` is one frame of it, so that a stream gives what a clip gives."""

    tileable = False

    def __init__(self, drawer: Restorer, motion: Motion, outputs: int, holes: bool):
        super().__init__()
        self.drawer, self.motion, self.outputs, self.holes = drawer, motion, outputs, holes
        self.multiple, self.least, self.scale, self.reach = drawer.multiple, drawer.least, drawer.scale, drawer.reach

    def forward(self, z: Tensor | None, c: Tensor) -> Tensor:
        if c.ndim == 4:
            return self.follow(c, None)
        last: Frames | None = None
        # All flows at once are quicker; one by one they are to the last bit those of a stream.
        flows = (None, *self.flows(c).unbind(2)) if self.training else (None,) * c.shape[2]
        drawn = []
        for now, flow in zip(c.unbind(2), flows, strict=True):
            y = self.follow(now, last, flow)
            last = now, y
            drawn.append(y)
        return torch.stack(drawn, 2)

    def follow(self, c: Tensor, last: Frames | None, flow: Tensor | None = None) -> Tensor:
        """The output for the next frame c (B, C, H, W). Without a last one, or one of another size, from nothing.

        `flow` is the one to the last frame, where it is known already.
        """
        c = c.contiguous(memory_format=torch.channels_last)
        if last is None or last[0].shape != c.shape:
            moved = c.new_zeros(len(c), self.outputs, c.shape[2] * self.scale, c.shape[3] * self.scale)
        else:
            flow = self.flow(c, last[0]) if flow is None else flow
            moved = carried(last[1], enlarged(flow, self.scale).to(last[1].dtype))
        hole = c[:, -1:] > 0
        seen = torch.cat([torch.where(hole, moved, c[:, :-1]), c[:, -1:]], 1) if self.holes else c
        folded = functional.pixel_unshuffle(moved, self.scale) if self.scale > 1 else moved
        y: Tensor = self.drawer(None, torch.cat([seen, folded.to(seen.dtype)], 1))
        return torch.where(hole, y, c[:, :-1].to(y.dtype)) if self.holes else y

    def flow(self, now: Tensor, before: Tensor) -> Tensor:
        """The flow (B, 2, H, W) between two inputs (B, C, H, W): where things of `now` are in `before`."""
        if self.holes:
            now, before = now[:, :-1], before[:, :-1]
        found: Tensor = self.motion(now, before)
        return found

    def flows(self, c: Tensor) -> Tensor:
        """From each frame of clips c (B, C, T, H, W) but the first to the one before, (B, 2, T-1, H, W)."""
        found = self.flow(_apart(c[:, :, 1:]), _apart(c[:, :, :-1]))
        return _together(found, c.shape[2] - 1)

    def carry(self, x: Tensor, flows: Tensor) -> Tensor:
        """Frames of x (B, C, T, s H, s W) but the last, each moved to where the next has things: (B, C, T-1, ...)."""
        factor = x.shape[3] // flows.shape[3]
        moved = carried(_apart(x[:, :, :-1]), enlarged(_apart(flows), factor).to(x.dtype))
        return _together(moved, x.shape[2] - 1)


class FramesDiscriminator(Discriminator):
    """A `patch` for every frame of a clip, or for so many frames in a row at a time. Isola et al. (2017)."""

    name: Literal["frames"] = "frames"
    condition: Literal["none"] = "none"
    """Classes and attributes are not taken."""
    width: int = Field(default=64, gt=0)
    """Channels after the first convolution; twice as many after each that follows, up to eight times."""
    layers: int = Field(default=3, ge=1, le=5)
    """Halvings. A logit is for a patch of 16, 34, 70, 142 or 286 pixels a side."""
    norm: Literal["batch", "instance", "spectral", "none"] = "none"
    """Of each sample, of the batch, none, or of the weights by their largest singular value."""
    sees: Literal["both", "output"] = "both"
    """Input and output side by side, or the output alone."""
    stack: int = Field(default=3, ge=1)
    """Frames in a row that are judged together: more than one shows flicker."""

    def build(self, spec: Spec) -> nn.Module:
        frame = of_frames(spec, self.name)
        if self.stack > spec.axes[0]:
            raise ConfigError(
                f"frames stacks {self.stack} frames, clips have {spec.axes[0]}; set discriminator.stack=1"
            )
        judge = PatchDiscriminator(width=self.width, layers=self.layers, norm=self.norm, sees=self.sees)
        return FrameJudge(judge.build(_stacked(frame, self.stack)), self.stack)


class FrameJudge(nn.Module):
    """x (B, C, T, sH, sW), c (B, C', T, H, W) -> logits (B, K): a patch each, stack of frames after stack."""

    def __init__(self, judge: nn.Module, stack: int):
        super().__init__()
        self.judge, self.stack = judge, stack

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        logits: Tensor = self.judge(self._rows(x), None if c is None else self._rows(c))
        return logits.reshape(len(x), -1)

    def _rows(self, x: Tensor) -> Tensor:
        """Frames in a row beside each other on the channels, (B (T - stack + 1), stack C, H, W)."""
        count = x.shape[2] - self.stack + 1
        rows = [x[:, :, first : first + self.stack].movedim(2, 1).flatten(1, 2) for first in range(count)]
        return torch.stack(rows, 1).flatten(0, 1)


def of_frames(spec: Spec, family: str) -> Spec:
    """The spec of one frame of clips. Raises ConfigError unless it is of clips given as long ones."""
    condition = spec.condition
    if len(spec.axes) != 3 or condition is None or len(condition.axes) != 3 or condition.axes[0] != spec.axes[0]:
        came = "none" if condition is None else f"one of shape {condition.shape}"
        raise ConfigError(
            f"{family} takes clips (channels, frames, height, width) made from clips, got samples of shape "
            f"{spec.shape} with {came} as condition; use the domain clips"
        )
    inner = condition.model_copy(update={"shape": (condition.channels, *condition.axes[1:])})
    return spec.model_copy(update={"shape": (spec.channels, *spec.axes[1:]), "condition": inner})


def _stacked(spec: Spec, count: int) -> Spec:
    condition = None if spec.condition is None else _stacked(spec.condition, count)
    spans = tuple(span for _ in range(count) for span in spec.spans)
    return spec.model_copy(
        update={"shape": (count * spec.channels, *spec.axes), "spans": spans, "condition": condition}
    )


def _apart(x: Tensor) -> Tensor:
    """Clips (B, C, T, H, W) -> frames (B T, C, H, W)."""
    return x.movedim(2, 1).flatten(0, 1)


def _together(x: Tensor, frames: int) -> Tensor:
    return torch.unflatten(x, 0, (-1, frames)).movedim(1, 2)
