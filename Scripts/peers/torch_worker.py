"""PyTorch's model, training and evaluation in the forms that might be fastest."""

from __future__ import annotations

from typing import Any, Callable, Iterator

from common import MCMAHAN, MNIST_SHAPE, NIID, RESNET
from idx_images import load
from timing import rate, wait_for_start


def torch_model(
    name: str, shape: tuple[int, int, int] = MNIST_SHAPE, classes: int = 10
) -> Any:
    from torch import nn

    height, width, channels = shape
    if name == RESNET:
        return torch_resnet(channels, classes)
    if name == MCMAHAN:
        places = height // 4 * (width // 4)
        return nn.Sequential(
            *(nn.Conv2d(channels, 32, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(64 * places, 512), nn.ReLU(inplace=True)),
            nn.Linear(512, classes),
        )
    if name == NIID:
        places = ((height - 4) // 2 - 4) // 2 * (((width - 4) // 2 - 4) // 2)
        return nn.Sequential(
            *(nn.Conv2d(channels, 6, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
            *(nn.Conv2d(6, 16, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(16 * places, 120), nn.ReLU(inplace=True)),
            *(nn.Linear(120, 84), nn.ReLU(inplace=True), nn.Linear(84, classes)),
        )
    places = (height - 4) // 2 * ((width - 4) // 2)
    return nn.Sequential(
        *(nn.Conv2d(channels, 32, 3), nn.ReLU(inplace=True)),
        *(nn.Conv2d(32, 64, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Dropout(0.25)),
        *(nn.Flatten(), nn.Linear(64 * places, 128), nn.ReLU(inplace=True), nn.Dropout(0.5)),
        nn.Linear(128, classes),
    )


def torch_resnet(channels: int, classes: int) -> Any:
    """Nine blocks of two 3×3 convolutions with group normalisation, as `federated` has them."""
    from torch import nn

    def normalised(before: int, filters: int, side: int, stride: int = 1) -> list[Any]:
        convolution = nn.Conv2d(before, filters, side, stride, padding=side // 2)
        return [convolution, nn.GroupNorm(8, filters, eps=1e-3)]

    class Block(nn.Module):
        def __init__(self, before: int, filters: int) -> None:
            super().__init__()
            stride = 1 if before == filters else 2
            first = normalised(before, filters, 3, stride)
            self.layers = nn.Sequential(
                *first, nn.ReLU(inplace=True), *normalised(filters, filters, 3)
            )
            around = [] if before == filters else normalised(before, filters, 1, stride)
            self.around, self.relu = nn.Sequential(*around), nn.ReLU(inplace=True)

        def forward(self, x: Any) -> Any:
            return self.relu(self.layers(x) + self.around(x))

    widths = [16, 16, 16, 16, 32, 32, 32, 64, 64, 64]
    return nn.Sequential(
        *(*normalised(channels, 16, 3), nn.ReLU(inplace=True)),
        *(Block(before, filters) for before, filters in zip(widths, widths[1:])),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes)),
    )


def torch_tensors(
    folder: str | None, part: str, shape: tuple[int, int, int] = MNIST_SHAPE
) -> tuple[Any, Any]:
    import torch

    images, labels = load(folder, part, shape)
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels)


def torch_epoch(
    model: Any, optimiser: Any, images: Any, labels: Any, batch: int
) -> Iterator[int]:
    """One epoch of shuffled batches, yielding after each the images it had."""
    import torch

    model.train()
    for chosen in torch.randperm(len(images)).split(batch):
        optimiser.zero_grad()
        scores = model(images.index_select(0, chosen))
        torch.nn.functional.cross_entropy(scores, labels.index_select(0, chosen)).backward()
        optimiser.step()
        yield len(chosen)


def torch_evaluation(model: Any, images: Any, labels: Any, batch: int) -> Iterator[tuple[int, Any]]:
    """One pass over images in order, yielding each batch's images and its loss and hits."""
    import torch

    model.eval()
    with torch.inference_mode():
        for x, y in zip(images.split(batch), labels.split(batch)):
            scores = model(x)
            loss = torch.nn.functional.cross_entropy(scores, y, reduction="sum")
            yield len(x), (loss, (scores.argmax(1) == y).sum())


def endlessly(batches: Callable[[], Iterator[int]]) -> Callable[[], int]:
    """A step that takes the next batch, of the next epoch when one is over."""
    endless = (count for _ in iter(int, 1) for count in batches())
    return lambda: next(endless)


class TorchBench:
    """PyTorch's steps in the forms that might be fastest: memory layouts, fused SGD or not."""

    def __init__(self, spec: dict[str, Any]) -> None:
        import torch

        torch.set_num_threads(spec["threads"])
        torch.manual_seed(1)
        self.spec, self.batch = spec, spec["batch"]
        self.shape = tuple(spec["shape"])
        self.images, self.labels = torch_tensors(spec["data"], "train", self.shape)

    def model(self, layout: str) -> Any:
        import torch

        return torch_model(self.spec["model"], self.shape).to(memory_format=getattr(torch, layout))

    def training(self, layout: str, fused: bool) -> Callable[[], int]:
        import torch

        model = self.model(layout)
        optimiser = torch.optim.SGD(model.parameters(), lr=0.01, fused=fused)
        return endlessly(
            lambda: torch_epoch(model, optimiser, self.images, self.labels, self.batch)
        )

    def evaluation(self, layout: str) -> Callable[[], int]:
        model = self.model(layout)
        return endlessly(
            lambda: (
                count
                for count, _ in torch_evaluation(model, self.images, self.labels, self.batch)
            )
        )

    def candidates(self, name: str) -> dict[str, Callable[[], int]]:
        layouts = ["contiguous_format", "channels_last"]
        if name == "evaluation":
            return {layout: self.evaluation(layout) for layout in layouts}
        return {
            layout + (", fused SGD" if fused else ""): self.training(layout, fused)
            for layout in layouts
            for fused in (False, True)
        }

    def fastest(self, name: str) -> tuple[str, Callable[[], int]]:
        """The form to measure; trying them all, in turns, is the warm-up."""
        trial = min(0.25, self.spec["seconds"] / 12)
        candidates = self.candidates(name)
        rates: dict[str, list[float]] = {form: [] for form in candidates}
        for _ in range(4):
            for form, step in candidates.items():
                rates[form].append(rate(step, trial))
        best = max(candidates, key=lambda form: max(rates[form]))
        return best, candidates[best]


def measure(spec: dict[str, Any]) -> dict[str, Any]:
    import torch

    bench = TorchBench(spec)
    answer: dict[str, Any] = {}
    forms = []
    for name in spec["names"]:
        form, step = bench.fastest(name)
        wait_for_start()
        answer[name] = rate(step, spec["seconds"])
        forms.append(f"{name} {form}")
    about = f"PyTorch {torch.__version__}, {'; '.join(forms)}; no torch.compile"
    return answer | {"about": about}
