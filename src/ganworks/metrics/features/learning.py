"""Small networks that learn features from a user's own data within minutes of one core, and the tasks they learn by.

With labels: to tell the classes apart. Pictures without labels: to know two views of one picture among those of others,
Chen et al. (2020). Anything else: to undo noise, Vincent et al. (2008).
"""

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import (
    adaptive_avg_pool1d,
    adaptive_avg_pool3d,
    affine_grid,
    cross_entropy,
    grid_sample,
    leaky_relu,
    mse_loss,
    normalize,
)

from .pictures import resized

Task = Literal["classes", "views", "noise"]
Notify = Callable[[str], None]
FEATURES = 64
BATCH, RATE, DECAY, WARM_UP = 128, 3e-3, 0.02, 0.1
SMOOTHING, TEMPERATURE, NOISE = 0.05, 0.2, 0.5
"""Of labels; of the softmax over views; deviation of the noise, in deviations of the data."""
SMALL, LARGE = 32, 64
"""Sides that pictures are brought to."""
_WIDTHS = (32, 64, 96, 128)
_HIDDEN, _PROJECTED = 256, 64
_MOST_VALUES = {1: 128, 3: 8}
"""Axes besides channels -> the values an axis is averaged down to."""
_REPORTS = 10


class Encoder(nn.Module):
    """Prepared samples (B, *shape) -> features (B, 64). Leaky, so that no feature is constant."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, shape: tuple[int, ...]):
        super().__init__()
        pictures = len(shape) == 3
        self.body = _convolutions(shape[0], shape[1] == LARGE) if pictures else _layers(math.prod(shape))
        self.last = nn.Linear(_WIDTHS[-1] * 16 if pictures else _HIDDEN, FEATURES, bias=False)
        self.norm = nn.BatchNorm1d(FEATURES)
        # Of the data, by channel: what is learnt must not depend on the unit a column is in.
        self.register_buffer("mean", torch.zeros(shape[0]))
        self.register_buffer("deviation", torch.ones(shape[0]))

    def standard(self, x: Tensor) -> Tensor:
        ones = [1] * (x.ndim - 2)
        return (x - self.mean.view(-1, *ones)) / self.deviation.view(-1, *ones)

    def forward(self, x: Tensor) -> Tensor:
        """x is standard."""
        return leaky_relu(self.norm(self.last(self.body(x).flatten(1))), 0.1)


class Named(nn.Module):
    """An encoder, and the layer that names classes where there are any."""

    def __init__(self, shape: tuple[int, ...], classes: int):
        super().__init__()
        self.encoder = Encoder(shape)
        self.answer = nn.Linear(FEATURES, classes) if classes else None


def prepared(x: Tensor) -> Tensor:
    """Samples (B, *shape) at the size a network learns from: pictures of 32 or 64 a side, others averaged down."""
    if x.ndim == 4:
        return resized(x, SMALL if max(x.shape[2:]) <= 1.5 * SMALL else LARGE)
    if x.ndim == 3:
        return adaptive_avg_pool1d(x, min(x.shape[2], _MOST_VALUES[1]))
    if x.ndim == 5:
        time, height, width = (min(each, _MOST_VALUES[3]) for each in x.shape[2:])
        return adaptive_avg_pool3d(x, (time, height, width))
    return x


def learnt(x: Tensor, task: Task, labels: Tensor | None, classes: int, steps: int, seed: int, notify: Notify) -> Named:
    """A network trained on prepared samples; with the layer that names classes when that is the task. Repeatable."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Named(tuple(x.shape[1:]), classes if task == "classes" else 0)
        encoder, head = network.encoder, network.answer or _head(task, math.prod(x.shape[1:]))
    axes = [0, *range(2, x.ndim)]
    encoder.mean.copy_(x.mean(axes))
    encoder.deviation.copy_(x.std(axes).clamp(min=1e-6))
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW([*encoder.parameters(), *head.parameters()], RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=WARM_UP)
    total = 0.0
    for step in range(1, steps + 1):
        rows = torch.randint(len(x), (min(BATCH, len(x)),), generator=generator)
        loss = _LOSSES[task](encoder, head, x[rows], None if labels is None else labels[rows], generator)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        total += loss.item()
        if step % max(1, steps // _REPORTS) == 0:
            notify(f"learning features: step {step:,} of {steps:,}, loss {total / max(1, steps // _REPORTS):.3f}")
            total = 0.0
    return network.eval().requires_grad_(False)


def viewed(x: Tensor, generator: torch.Generator, mild: bool = False) -> Tensor:
    """Another view of each standard picture (B, C, H, W): cut, moved, turned a little, lighter or darker, noisy.

    Never mirrored: many pictures have a handedness. `mild` views keep what a class may depend on.
    """
    reach = 0.3 if mild else 1.0
    turn, scale, right, down, light, contrast = torch.rand(6, len(x), generator=generator)
    turn = (turn * 2 - 1) * 0.35 * reach
    scale = 1 - 0.5 * reach * scale if not mild else 1.1 - 0.2 * scale
    # A cut stays within the picture: the smaller it is, the further it may lie from the middle.
    room = (1 - scale).clamp(min=0.1)
    first = torch.stack([turn.cos() * scale, -turn.sin() * scale, (right * 2 - 1) * room], 1)
    second = torch.stack([turn.sin() * scale, turn.cos() * scale, (down * 2 - 1) * room], 1)
    grid = affine_grid(torch.stack([first, second], 1), list(x.shape), align_corners=False)
    x = grid_sample(x, grid, padding_mode="border", align_corners=False)
    gain = 1 + reach * 0.8 * (contrast.view(-1, 1, 1, 1) - 0.5)
    tint = reach * 0.3 * torch.randn(len(x), x.shape[1], 1, 1, generator=generator)
    noise = reach * 0.1 * torch.randn(x.shape, generator=generator)
    seen: Tensor = x * gain + reach * (light.view(-1, 1, 1, 1) - 0.5) + tint + noise
    return seen


def _by_class(
    encoder: Encoder, head: nn.Module, x: Tensor, labels: Tensor | None, generator: torch.Generator
) -> Tensor:
    x = encoder.standard(x)
    assert labels is not None
    x = viewed(x, generator, mild=True) if x.ndim == 4 else x + 0.1 * torch.randn(x.shape, generator=generator)
    return cross_entropy(head(encoder(x)), labels, label_smoothing=SMOOTHING)


def _by_views(
    encoder: Encoder, head: nn.Module, x: Tensor, labels: Tensor | None, generator: torch.Generator
) -> Tensor:
    """Each view must find the other one of its picture among all views of the batch."""
    x = encoder.standard(x)
    both = torch.cat([viewed(x, generator), viewed(x, generator)])
    z = normalize(head(encoder(both)), dim=1)
    alike = (z @ z.t() / TEMPERATURE).fill_diagonal_(-math.inf)
    return cross_entropy(alike, torch.arange(len(both)).roll(len(x)))


def _by_noise(
    encoder: Encoder, head: nn.Module, x: Tensor, labels: Tensor | None, generator: torch.Generator
) -> Tensor:
    x = encoder.standard(x)
    noisy = x + NOISE * torch.randn(x.shape, generator=generator)
    return mse_loss(head(encoder(noisy)), x.flatten(1))


def _head(task: Task, values: int) -> nn.Module:
    out = _PROJECTED if task == "views" else values
    return nn.Sequential(nn.Linear(FEATURES, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, out))


def _convolutions(channels: int, large: bool) -> nn.Sequential:
    """(B, C, 32, 32), or 64 a side when large -> (B, 128, 4, 4)."""
    layers: list[nn.Module] = []
    for depth, width in enumerate(_WIDTHS):
        kernel, stride = 3 if depth else 5, 1 if depth == 2 and not large else 2
        layers += [nn.Conv2d(channels, width, kernel, stride, padding=kernel // 2, bias=False), nn.BatchNorm2d(width)]
        layers.append(nn.LeakyReLU(0.1))
        channels = width
    return nn.Sequential(*layers)


def _layers(values: int) -> nn.Sequential:
    first = [nn.Flatten(), nn.Linear(values, _HIDDEN), nn.LeakyReLU(0.1)]
    return nn.Sequential(*first, nn.Linear(_HIDDEN, _HIDDEN), nn.LeakyReLU(0.1))


Loss = Callable[[Encoder, nn.Module, Tensor, Tensor | None, torch.Generator], Tensor]
_LOSSES: dict[Task, Loss] = {"classes": _by_class, "views": _by_views, "noise": _by_noise}
