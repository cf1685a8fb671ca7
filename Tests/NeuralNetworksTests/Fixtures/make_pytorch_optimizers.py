#!/usr/bin/env python3
"""Makes pytorch-optimizers.json: where PyTorch's optimisers take softmax regression, in float64.

Each case begins at `parameters` (kernel [7][3], then bias) and takes a step on each batch of four of
`inputs` and `labels`, in their order, three times over. Needs PyTorch 2:

    python3 make_pytorch_optimizers.py pytorch-optimizers.json
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

import torch

FEATURES, CLASSES, SAMPLES, BATCH, PASSES = 7, 3, 16, 4, 3
CASES: list[dict[str, Any]] = [
    {"kind": "sgd", "learningRate": 0.2, "momentum": 0.9},
    {"kind": "sgd", "learningRate": 0.2, "momentum": 0.9, "nesterov": True},
    {"kind": "sgd", "learningRate": 0.2, "momentum": 0.75, "nesterov": True, "weightDecay": 0.25,
     "proximal": 0.5, "gradientClip": 0.5},
    {"kind": "adam", "learningRate": 0.05},
    {"kind": "adam", "learningRate": 0.05, "weightDecay": 0.25},
    {"kind": "adam", "learningRate": 0.05, "beta1": 0.5, "beta2": 0.75, "epsilon": 0.125},
    {"kind": "adam", "learningRate": 0.05, "proximal": 0.5, "gradientClip": 0.25},
    {"kind": "adamw", "learningRate": 0.05, "weightDecay": 0.25},
    {"kind": "adamw", "learningRate": 0.05, "weightDecay": 0.5, "proximal": 0.5, "beta1": 0.0},
]  # fmt: skip


def optimizer(case: dict[str, Any], parameters: list[torch.Tensor]) -> torch.optim.Optimizer:
    rate, decay = case["learningRate"], case.get("weightDecay", 0)
    if case["kind"] == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=case.get("momentum", 0),
                               nesterov=case.get("nesterov", False), weight_decay=decay)
    kind = torch.optim.Adam if case["kind"] == "adam" else torch.optim.AdamW
    return kind(parameters, lr=rate, betas=(case.get("beta1", 0.9), case.get("beta2", 0.999)),
                eps=case.get("epsilon", 1e-8), weight_decay=decay)


def after(case: dict[str, Any], inputs: torch.Tensor, labels: torch.Tensor,
          start: list[float]) -> list[float]:
    values = torch.tensor(start, dtype=torch.float64)
    kernel = values[: FEATURES * CLASSES].reshape(FEATURES, CLASSES).clone().requires_grad_()
    bias = values[FEATURES * CLASSES :].clone().requires_grad_()
    anchors = [kernel.detach().clone(), bias.detach().clone()]
    steps = optimizer(case, [kernel, bias])
    for _ in range(PASSES):
        for first in range(0, SAMPLES, BATCH):
            steps.zero_grad()
            x, y = inputs[first : first + BATCH], labels[first : first + BATCH]
            torch.nn.functional.cross_entropy(x @ kernel + bias, y).backward()
            if "gradientClip" in case:
                norm = sum((p.grad**2).sum() for p in (kernel, bias)).sqrt()
                for p in (kernel, bias):
                    p.grad *= min(1.0, case["gradientClip"] / norm.item())
            # The proximal term is none of what is clipped.
            for p, anchor in zip((kernel, bias), anchors):
                p.grad += case.get("proximal", 0) * (p.detach() - anchor)
            steps.step()
    return [*kernel.detach().flatten().tolist(), *bias.detach().tolist()]


def main() -> None:
    draw = random.Random(17)

    def numbers(count: int, limit: int) -> list[float]:
        # Multiples of 1/64: the same in any precision.
        return [draw.randint(-64 * limit, 64 * limit) / 64 for _ in range(count)]

    inputs = numbers(SAMPLES * FEATURES, 1)
    labels = [draw.randrange(CLASSES) for _ in range(SAMPLES)]
    start = numbers((FEATURES + 1) * CLASSES, 1)
    x = torch.tensor(inputs, dtype=torch.float64).reshape(SAMPLES, FEATURES)
    y = torch.tensor(labels)
    fixture = {
        "about": f"PyTorch {torch.__version__.split('+')[0]}, float64; see make_pytorch_optimizers.py",
        "batch": BATCH, "passes": PASSES, "inputs": inputs, "labels": labels,
        "parameters": start,
        "cases": [{"optimizer": case, "after": after(case, x, y, start)} for case in CASES],
    }  # fmt: skip
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(fixture, file)
        file.write("\n")


if __name__ == "__main__":
    main()
