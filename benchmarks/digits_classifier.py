"""Train the digit classifier that comes with the package, and print its accuracy on the 10,000 test digits.

Learns from the training split of MNIST as the picture domain reads it, so that validation and test digits are equally
new to it; the test digits are looked at once, at the end. One core needs about ten minutes.
"""

import argparse
import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from ganworks.domains import Codec, Source
    from ganworks.metrics.features.digits import DigitNet

BATCH, RATE, DECAY, SMOOTHING = 128, 4e-3, 0.02, 0.05
WARM_UP = 0.2
"""Share of the training in which the learning rate rises."""
AVERAGED = 0.995
"""How much of the averaged weights stays at each step."""


def pictures(source: "Source", codec: "Codec") -> tuple["Tensor", "Tensor"]:
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415

    fetched = source.fetch(np.arange(len(source)))
    # Digits without the padding that networks may need: the classifier reads 28 x 28.
    x = codec.encode(torch.from_numpy(np.ascontiguousarray(fetched.x))).x
    return x, torch.from_numpy(fetched.labels)


def moved(x: "Tensor", generator: "Generator") -> "Tensor":
    """Each picture turned by up to 12 degrees, sheared, scaled by up to 12 % and moved by up to 2.5 pixels."""
    import torch  # noqa: PLC0415
    from torch.nn.functional import affine_grid, grid_sample  # noqa: PLC0415

    turn, shear, wide, high, right, down = torch.rand(6, len(x), generator=generator) * 2 - 1
    turn, shear = turn * math.radians(12), shear * 0.15
    wide, high = 1 + 0.12 * wide, 1 + 0.12 * high
    first = torch.stack([turn.cos() * wide, shear - turn.sin() * high, right * 2.5 / 14], 1)
    second = torch.stack([turn.sin() * wide, turn.cos() * high, down * 2.5 / 14], 1)
    grid = affine_grid(torch.stack([first, second], 1), list(x.shape), align_corners=False)
    # Moved in 0..1, so that what comes in from outside is black.
    return grid_sample((x + 1) / 2, grid, align_corners=False) * 2 - 1


def trained(x: "Tensor", labels: "Tensor", epochs: int, seed: int) -> "DigitNet":
    import torch  # noqa: PLC0415

    from ganworks.metrics.features.digits import DigitNet  # noqa: PLC0415

    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network = DigitNet().to(memory_format=torch.channels_last)
    average = DigitNet()
    average.load_state_dict(network.state_dict())
    cost = torch.nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    steps = epochs * (len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps, pct_start=WARM_UP)
    begun = time.monotonic()
    for epoch in range(epochs):
        total = torch.zeros(())
        for rows in torch.randperm(len(x), generator=generator).split(BATCH)[: len(x) // BATCH]:
            loss = cost(network(moved(x[rows], generator).contiguous(memory_format=torch.channels_last)), labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.detach()
            with torch.no_grad():
                for slow, fast in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
                    if slow.is_floating_point():
                        slow.lerp_(fast, 1 - AVERAGED)
        print(f"epoch {epoch + 1}: loss {total / (len(x) // BATCH):.4f}, {time.monotonic() - begun:.0f} s", flush=True)
    return average.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default="mnist", help="a built-in name, or where MNIST lies")
    parser.add_argument("--out", type=Path, default=Path("digits.safetensors"))
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    import torch  # noqa: PLC0415
    from safetensors.torch import save_file  # noqa: PLC0415

    from ganworks.domains import DOMAINS  # noqa: PLC0415

    domain = DOMAINS["image"]()
    data = domain.read(arguments.data)
    codec = domain.fit(data)
    x, labels = pictures(data.train, codec)
    test, truth = pictures(data.test, codec)
    network = trained(x, labels, arguments.epochs, arguments.seed)
    with torch.no_grad():
        right = sum(
            int((network(a).argmax(1) == b).sum()) for a, b in zip(test.split(500), truth.split(500), strict=True)
        )
    about = {
        "test_accuracy": right / len(test),
        "test_digits": len(test),
        "training_digits": len(x),
        "parameters": sum(each.numel() for each in network.parameters()),
        "epochs": arguments.epochs,
        "seed": arguments.seed,
        "licence": "Apache-2.0",
        "data": "MNIST: LeCun, Cortes and Burges (1998), The MNIST database of handwritten digits",
        "classes": list(data.classes),
        "made_by": "benchmarks/digits_classifier.py",
    }
    save_file(network.state_dict(), arguments.out, {"about": json.dumps(about)})
    print(
        f"{arguments.out}: {right:,} of {len(test):,} test digits right ({right / len(test):.2%}), "
        f"seed {arguments.seed}, {about['parameters']:,} parameters, {arguments.out.stat().st_size:,} bytes"
    )


if __name__ == "__main__":
    main()
