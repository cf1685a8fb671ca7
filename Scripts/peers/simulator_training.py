"""What the three simulators have in common: the model, the images and a client's training."""

from __future__ import annotations

import functools
import threading
import time
from typing import Any

from common import Failure
from simulator_rows import DENSE, LOGISTIC
from torch_worker import torch_epoch, torch_model

# Clients' images are slices of one pool, so that none of them costs a copy or a file.
POOL = 4096


def simulator_model(spec: dict[str, Any]) -> Any:
    """The row's model; its parameters are counted, for both sides must have the same."""
    from torch import nn

    height, width, channels = spec["shape"]
    inputs, classes = height * width * channels, spec["classes"]
    if spec["model"] == LOGISTIC:
        model = nn.Sequential(nn.Flatten(), nn.Linear(inputs, classes))
    elif spec["model"] == DENSE:
        hidden = [nn.Linear(inputs, 200), nn.ReLU(inplace=True), nn.Linear(200, 200)]
        model = nn.Sequential(
            nn.Flatten(), *hidden, nn.ReLU(inplace=True), nn.Linear(200, classes)
        )
    else:
        model = torch_model(spec["model"], (height, width, channels), classes)
    found = sum(parameter.numel() for parameter in model.parameters())
    if found != spec["parameters"]:
        raise Failure(f"{spec['id']}'s model has {found:,} parameters, not {spec['parameters']:,}")
    return model.to(memory_format=layout(spec))


def layout(spec: dict[str, Any]) -> Any:
    import torch

    return torch.channels_last if spec["channels_last"] else torch.contiguous_format


MODELS: dict[str, Any] = {}


def kept_model(spec: dict[str, Any]) -> Any:
    """This thread's model, made once: its first weights are not drawn anew for every client.

    A process has one row. Threads of pools that are made anew each round are known by their number.
    """
    thread = threading.current_thread().name.rpartition("_")[2]
    if thread not in MODELS:
        MODELS[thread] = simulator_model(spec)
    return MODELS[thread]


@functools.cache
def pool(shape: tuple[int, int, int], classes: int, channels_last: bool) -> tuple[Any, Any]:
    """Images and labels of the right shape, the same in all processes.

    Digits are mostly blank, so four fifths of a grey image's pixels are.
    """
    import torch

    height, width, channels = shape
    source = torch.Generator().manual_seed(1)
    images = torch.rand(POOL, channels, height, width, generator=source)
    if channels == 1:
        images *= torch.rand(images.shape, generator=source) < 0.2
    if channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    return images, torch.randint(classes, (POOL,), generator=source)


def client_data(spec: dict[str, Any], client: int, size: int) -> tuple[Any, Any]:
    """A client's images and labels: a slice that begins elsewhere for each client."""
    images, labels = pool(tuple(spec["shape"]), spec["classes"], spec["channels_last"])
    if size > POOL:
        raise Failure(f"a client of {size:,} images has more than the pool's {POOL:,}")
    start = client * 97 % (POOL - size + 1)
    return images[start : start + size], labels[start : start + size]


def sgd(parameters: Any, lr: float) -> Any:
    import torch

    return torch.optim.SGD(parameters, lr=lr, fused=True)


def train_client(spec: dict[str, Any], model: Any, images: Any, labels: Any) -> tuple[int, int]:
    """A client's epochs; the images and steps that they were."""
    optimiser = sgd(model.parameters(), spec["rate"])
    trained = steps = 0
    for _ in range(spec["epochs"]):
        for count in torch_epoch(model, optimiser, images, labels, spec["batch"]):
            trained += count
            steps += 1
    return trained, steps


def warm_up_sizes(spec: dict[str, Any]) -> list[int]:
    """One batch for each client of the round that is not timed."""
    return [spec["batch"]] * spec["cohort"]


class Tally:
    """Times the rounds after the first, which warms up, and counts what is trained in them."""

    def __init__(self) -> None:
        self.images = self.steps = 0
        self.start = self.end = 0.0

    def add(self, images: int, steps: int) -> None:
        self.images += images
        self.steps += steps

    def begin(self) -> None:
        self.images = self.steps = 0
        self.start = time.monotonic()

    def stop(self) -> None:
        self.end = time.monotonic()

    def answer(self, about: str) -> dict[str, Any]:
        seconds = self.end - self.start
        return {"seconds": seconds, "images": self.images, "steps": self.steps, "about": about}
