"""Where a run computes: device, precision, and what makes it repeatable."""

import torch

from ..settings import ConfigError


def pick(name: str) -> torch.device:
    """The device a user named, or for `auto` the first there is. Raises ConfigError when it is not there."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ConfigError(f"device must be auto, cpu, cuda, cuda:1 or mps, got '{name}'") from None
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(device.type, False):
        raise ConfigError(f"device '{name}' was asked for but torch sees none here; use device=auto or device=cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"device '{name}' was asked for but there are {torch.cuda.device_count()}, from cuda:0 on")
    return device


def wants_bf16(precision: str, device: torch.device) -> bool:
    """Whether activations are bfloat16. On CPUs only when asked for: the default networks there gain nothing."""
    if precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported()
    return precision == "bfloat16"


def make_repeatable() -> None:
    """Choose algorithms by rule, not by a race between them, so that a resumed run is the same run."""
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


def describe(device: torch.device) -> dict[str, str | int]:
    """What a result depends on beside the settings: goes into the journal."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return {"device": name, "threads": torch.get_num_threads(), "torch": torch.__version__}
