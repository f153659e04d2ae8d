"""Clips: what is seen is drawn once, how it moves is worked out step by step, and frames are put together from both.

Content and motion have codes of their own, as in Tulyakov et al. (2018). There a recurrent network drives a picture
generator frame by frame, which has to draw the same thing sixteen times over and to learn that things go on as they
went. Here a canvas is drawn once a clip, so that what is on it stays what it is; motion is a place and a speed, pushed
by a learnt force and thrown back by walls that are learnt as well, so that with no force things go straight on; and
frames are the canvas, moved, and two convolutions.
"""

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ..search import Search
from ..settings import ConfigError
from ..spec import Span, Spec
from .base import Discriminator, Generator
from .conditions import rows
from .layers import LEAK, Draws, he, lots, normal
from .lean import LeanDiscriminator, LeanGenerator

GLANCE, SEEN = 16, 8
"""Numbers that forces are told of a first frame that is given, and the side at which it is looked at for them."""
START, SPEED = 0.3, 0.05
"""Deviation of first places and speeds of a new network, in halves of a frame."""
FORCE = 0.2
"""How fast a force is learnt beside all else: what it does adds up over a clip."""
EDGE = 8
"""One in so many pixels of a moving layer fade towards each border, or its corners would be seen wherever it goes."""


class MotionGenerator(Generator):
    """A canvas drawn once by the lean network, layers of it moved by places that follow from speeds and forces."""

    name: Literal["motion"] = "motion"
    latent: int = Field(default=80, gt=0)
    """Length of the latent vector, content and motion together."""
    codes: int = Field(default=16, gt=0)
    """The last numbers of the latent, which decide on motion alone; the others decide on the canvas alone."""
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=32, gt=0)
    """Channels of the canvas' network at half the frame's size; each coarser grid has twice as many, up to `widest`."""
    widest: int = Field(default=256, gt=0)
    """Channels that no grid exceeds."""
    layers: int = Field(default=1, ge=1, le=8)
    """Layers of the canvas that move, each its own way."""
    canvas: int = Field(default=8, gt=0)
    """Channels of each of them."""
    still: int = Field(default=4, ge=0)
    """Channels of a layer that stays where it is, behind the others."""
    drawing: int = Field(default=8, ge=0)
    """Channels between the two convolutions that every frame goes through; 0 for one convolution."""
    beyond: int = Field(default=4, ge=1)
    """What else changes in time beside places: numbers that fade channels of the canvas in and out."""
    hidden: int = Field(default=64, gt=0)
    """Units of the network that gives forces."""
    noise: int = Field(default=0, ge=0)
    """Numbers that the force is given anew at every step; they follow from the latent, so that a latent stays one
    clip."""

    def build(self, spec: Spec) -> nn.Module:
        numbers = rows(spec, self.name)
        _need_clips(spec, self.name)
        if self.codes >= self.latent:
            raise ConfigError(f"codes are part of the latent: wanted fewer than latent={self.latent}, got {self.codes}")
        frames, height, width = spec.axes
        channels = self.still + self.layers * self.canvas
        layers = [*([self.still] if self.still else []), *[self.canvas] * self.layers]
        plain = Spec(shape=(channels, height, width), spans=(Span(channels=channels, kind="linear"),))
        given = _gives_a_frame(spec)
        told = GLANCE if given else numbers
        seen = plain if given else plain.model_copy(update={"condition": spec.condition})
        content = LeanGenerator(latent=self.latent - self.codes, width=self.width, widest=self.widest).build(seen)
        force = _Force(self.codes + told, 2 * self.layers + self.beyond, self.hidden, frames, self.noise)
        frame = _Frame(layers, bool(self.still), self.beyond, self.drawing, spec.channels)
        first = _First((spec.channels, height, width), channels) if given else None
        # As in r3: where nearly all of a frame is black, tanh shuts the gradients of what is not there yet.
        spans = [span if span.kind != "tanh" else Span(channels=span.channels, kind="linear") for span in spec.spans]
        return Draws(_Clip(content, force, frame, self.codes, numbers, first), spans, numbers)


class MotionDiscriminator(Discriminator):
    """Two judges: one of a few frames of a clip, each by itself, and one of the whole clip, its frames as channels.

    Strided convolutions over stacked frames see all of time at the price of one picture.
    """

    name: Literal["motion"] = "motion"
    width: Annotated[int, Search(1 / 2, 2)] = Field(default=24, gt=0)
    """Channels of the judge of frames at half the frame's size; each coarser grid has twice as many."""
    clip_width: Annotated[int, Search(1 / 2, 2)] = Field(default=32, gt=0)
    """The same of the judge of clips."""
    widest: int = Field(default=256, gt=0)
    """Channels that no grid exceeds."""
    shown: int = Field(default=2, ge=1)
    """Frames of a clip that are judged by themselves, drawn anew at every turn, and evenly over the clip when not
    training; all of a clip that has fewer."""
    minibatch_std: int = Field(default=0, ge=0)
    """Samples in a group whose deviation is shown to the last layers; 0 shows none."""

    def build(self, spec: Spec) -> nn.Module:
        rows(spec, self.name)
        _need_clips(spec, self.name)
        if spec.guess is not None:
            raise ConfigError("motion: its judges recognise nothing; leave out terms that want classes or codes named")
        frames, *sides = spec.axes
        given = _gives_a_frame(spec)

        def judge(channels: int, width: int) -> nn.Module:
            spans = (Span(channels=channels, kind="linear"),)
            seen = Spec(shape=(channels, *sides), spans=spans, condition=None if given else spec.condition)
            lean = LeanDiscriminator(
                width=width, widest=self.widest, minibatch_std=self.minibatch_std, condition=self.condition
            )
            return lean.build(seen)

        clips = judge(spec.channels * (frames + given), self.clip_width)
        return _Two(judge(spec.channels, self.width), clips, min(self.shown, frames), given)


class _Clip(nn.Module):
    """z (B, L + R) -> (B, C, T, H, W)."""

    def __init__(
        self, content: nn.Module, force: nn.Module, frame: nn.Module, codes: int, numbers: int, first: "_First | None"
    ):
        super().__init__()
        self.content, self.force, self.frame, self.first = content, force, frame, first
        self.codes, self.numbers = codes, numbers

    def forward(self, z: Tensor) -> Tensor:
        own = z.shape[1] - self.numbers
        content, codes, c = z[:, : own - self.codes], z[:, own - self.codes : own], z[:, own:]
        if self.first is None:
            canvas: Tensor = self.content(torch.cat([content, c], dim=1))
        else:
            drawn, c = self.first(c)
            canvas = self.content(content) + drawn
        moved: Tensor = self.frame(canvas, self.force(codes, c))
        return moved


class _First(nn.Module):
    """A first frame as a row (B, C H W) -> what it adds to the canvas (B, K, H, W), and what forces are told of it."""

    def __init__(self, shape: tuple[int, int, int], channels: int):
        super().__init__()
        self.shape = shape
        self.draw = nn.Sequential(
            he(nn.Conv2d(shape[0], channels, 3, padding=1)), nn.LeakyReLU(LEAK),
            he(nn.Conv2d(channels, channels, 3, padding=1), gain=1),
        )  # fmt: skip
        self.glance = he(nn.Linear(shape[0] * SEEN * SEEN, GLANCE), gain=1)

    def forward(self, row: Tensor) -> tuple[Tensor, Tensor]:
        frame = torch.unflatten(row, 1, self.shape)
        afar = functional.adaptive_avg_pool2d(frame, SEEN).flatten(1)
        return self.draw(frame), self.glance(afar)


class _Force(nn.Module):
    """Codes of motion -> places and speeds at every step, (B, T, 2 D): a force changes speeds, and speeds places.

    Places lie between walls, at first the frame's own; where those stand is learnt.
    """

    def __init__(self, inputs: int, places: int, hidden: int, frames: int, noise: int):
        super().__init__()
        self.start = normal(nn.Linear(inputs, 2 * places), 1 / inputs**0.5)
        self.told = he(nn.Linear(inputs + noise, hidden))
        self.felt = he(nn.Linear(2 * places, hidden, bias=False), gain=2)
        self.push = nn.Linear(hidden, places)
        nn.init.zeros_(self.push.weight)
        nn.init.zeros_(self.push.bias)
        self.room = nn.Parameter(torch.ones(places))
        self.frames, self.noise = frames, noise

    def forward(self, codes: Tensor, c: Tensor) -> Tensor:
        asked = torch.cat([codes, c], dim=1)
        place, speed = self.start(asked).chunk(2, 1)
        place, speed = self._kept(START * place, SPEED * speed)
        told = self._told(codes, asked)
        path = []
        for step in range(self.frames):
            path.append(torch.cat([place, speed / SPEED], dim=1))
            felt = functional.leaky_relu(told[step] + self.felt(path[-1]), LEAK)
            speed = speed + SPEED * FORCE * self.push(felt)
            place, speed = self._kept(place + speed, speed)
        return torch.stack(path, dim=1)

    def _kept(self, place: Tensor, speed: Tensor) -> tuple[Tensor, Tensor]:
        """What would leave its room is thrown back by the wall. Unseen, no judge could say where it should be."""
        room = self.room.clamp(min=SPEED)
        back = torch.where(place.abs() > room, 2 * room * place.sign() - place, place)
        return torch.minimum(torch.maximum(back, -room), room), torch.where(place.abs() > room, -speed, speed)

    def _told(self, codes: Tensor, asked: Tensor) -> list[Tensor]:
        """What the force is told beside places and speeds, a (B, hidden) a step."""
        if not self.noise:
            return [self.told(asked)] * self.frames
        shares = lots(codes.detach(), codes.new_empty(len(codes), self.frames, self.noise))
        fresh: Tensor = torch.special.ndtri(shares).to(asked.dtype)
        return [self.told(torch.cat([asked, each], dim=1)) for each in fresh.unbind(1)]


class _Frame(nn.Module):
    """A canvas (B, K, H, W) and a path (B, T, S) -> frames (B, C, T, H, W)."""

    def __init__(self, layers: list[int], still: bool, beyond: int, drawing: int, channels: int):
        super().__init__()
        self.layers, self.still, self.beyond = layers, still, beyond
        inner = sum(layers)
        self.fade = nn.Linear(beyond, 2 * inner)
        nn.init.zeros_(self.fade.weight)
        with torch.no_grad():
            self.fade.bias.copy_(torch.cat([torch.ones(inner), torch.zeros(inner)]))
        last = he(nn.Conv2d(drawing or inner, channels, 3, padding=1), gain=1)
        first = [he(nn.Conv2d(inner, drawing, 3, padding=1)), nn.LeakyReLU(LEAK)] if drawing else []
        self.draw = nn.Sequential(*first, last)

    def forward(self, canvas: Tensor, path: Tensor) -> Tensor:
        count, frames = path.shape[:2]
        # Not by places: what goes somewhere else stays as it is.
        places = path.shape[2] // 2
        other = path[:, :, places - self.beyond : places].tanh()
        gain, shift = self.fade(other).flatten(0, 1)[:, :, None, None].chunk(2, 1)
        seen = functional.leaky_relu_(torch.addcmul(shift, self._moved(canvas, path), gain), LEAK)
        drawn: Tensor = self.draw(seen)
        return torch.unflatten(drawn, 0, (count, frames)).movedim(2, 1)

    def _moved(self, canvas: Tensor, path: Tensor) -> Tensor:
        """(B, K, H, W) -> (B T, K, H, W): each moving layer at its place; beyond a layer's border there is nothing."""
        parts = list(torch.split(canvas, self.layers, dim=1))
        frames = path.shape[1]
        edge = faded(canvas.shape[2], canvas)[:, None] * faded(canvas.shape[3], canvas)
        shown = [parts.pop(0)[:, None].expand(-1, frames, -1, -1, -1).flatten(0, 1)] if self.still else []
        shown += [moved(part * edge, path[:, :, 2 * i : 2 * i + 2]) for i, part in enumerate(parts)]
        return torch.cat(shown, dim=1) if len(shown) > 1 else shown[0]


class _Two(nn.Module):
    """Clips (B, C, T, H, W), c -> logits of some frames (B, shown) and of the clip (B, 1), beside a frame if given."""

    def __init__(self, frames: nn.Module, clips: nn.Module, shown: int, given: bool):
        super().__init__()
        self.frames, self.clips, self.shown, self.given = frames, clips, shown, given

    def forward(self, x: Tensor, c: Tensor | None = None) -> tuple[Tensor, Tensor]:
        count, length = len(x), x.shape[2]
        if self.training:
            chosen = torch.rand(count, length).argsort(1)[:, : self.shown].to(x.device)
        else:
            chosen = torch.linspace(0, length - 1, self.shown, device=x.device).round().long().expand(count, -1)
        some = x.movedim(2, 1)[torch.arange(count, device=x.device)[:, None], chosen].flatten(0, 1)
        stacked = x.flatten(1, 2)
        if self.given and c is not None:
            asked = c.to(x.dtype).view(count, x.shape[1], *x.shape[3:])
            stacked, c = torch.cat([stacked, asked], dim=1), None
        stacked = stacked.contiguous(memory_format=torch.channels_last)
        again = None if c is None else c.repeat_interleave(self.shown, 0)
        of_frames = self.frames(some.contiguous(memory_format=torch.channels_last), again)
        return of_frames.view(count, self.shown), self.clips(stacked, c)


def faded(side: int, like: Tensor) -> Tensor:
    """1 in the middle of a side, falling to 0 over an EDGE-th of it at both ends, (side,)."""
    middles = torch.arange(side, device=like.device, dtype=like.dtype) + 0.5
    return (torch.minimum(middles, side - middles) * (EDGE / side)).clamp(max=1)


def moved(x: Tensor, places: Tensor) -> Tensor:
    """Maps x (B, K, H, W), as they look with their middle at each place (B, T, 2): (B T, K, H, W), bilinear.

    Places are right and down, in halves of a frame.
    """
    count, frames = places.shape[:2]
    height, width = x.shape[2:]
    axes = [(2 * torch.arange(side, device=x.device, dtype=x.dtype) + 1) / side - 1 for side in (width, height)]
    right = (axes[0] - places[..., :1]).view(count, frames, 1, width).expand(-1, -1, height, -1)
    down = (axes[1] - places[..., 1:]).view(count, frames, height, 1).expand(-1, -1, -1, width)
    grid = torch.stack([right, down], dim=-1).flatten(1, 2)  # one tall picture: the canvas is never copied
    drawn = functional.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return torch.unflatten(drawn, 2, (frames, height)).movedim(2, 1).flatten(0, 1)


def _gives_a_frame(spec: Spec) -> bool:
    """Whether the condition is a frame, as a row of its values."""
    c = spec.condition
    numbers = spec.channels * spec.axes[1] * spec.axes[2]
    return c is not None and not c.axes and c.channels == numbers and c.spans[0].kind == "linear"


def _need_clips(spec: Spec, family: str) -> None:
    if len(spec.axes) != 3:
        raise ConfigError(
            f"{family} draws clips (channels, frames, height, width), got samples of shape {spec.shape}; "
            "mlp takes samples of any shape"
        )
