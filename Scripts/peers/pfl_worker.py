"""A row by pfl-research's simulation: one process of a distributed one, or all of it."""

from __future__ import annotations

import itertools
from typing import Any, Iterator

from simulator_training import (
    Tally,
    client_data,
    sgd,
    simulator_model,
    warm_up_sizes,
)


def counted(model: Any, tally: Tally) -> Any:
    """The model with the two methods that pfl asks for; each batch is counted."""
    import torch

    class Counted(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = model

        def loss(self, images: Any, labels: Any) -> Any:
            tally.add(len(images), 1)
            return torch.nn.functional.cross_entropy(self.layers(images), labels)

        def metrics(self, images: Any, labels: Any) -> dict[str, Any]:
            return {}

    return Counted()


def slots(spec: dict[str, Any]) -> tuple[list[int], Iterator[int]]:
    """The sizes of all rounds' clients in order, and the order, which begins anew at its end."""
    rounds = [warm_up_sizes(spec), *spec["plan"]]
    sizes = [size for cohort in rounds for size in cohort]
    return sizes, itertools.cycle(range(len(sizes)))


def federated_dataset(spec: dict[str, Any]) -> Any:
    from pfl.data.dataset import Dataset
    from pfl.data.federated_dataset import FederatedDataset

    sizes, order = slots(spec)

    def user(slot: int) -> Any:
        return Dataset(list(client_data(spec, slot, sizes[slot])), user_id=str(slot))

    # With weights pfl deals users out so that its processes have alike much to do.
    weights = dict(enumerate(sizes)) if spec["spread"] else None
    return FederatedDataset(user, lambda: next(order), weights)


def measure(spec: dict[str, Any]) -> dict[str, Any]:
    from importlib.metadata import version

    import torch
    from pfl.aggregate.simulate import SimulatedBackend
    from pfl.aggregate.weighting import WeightByDatapoints, WeightByUser
    from pfl.algorithm.base import NNAlgorithmParams
    from pfl.algorithm.federated_averaging import FederatedAveraging
    from pfl.callback.base import TrainingProcessCallback
    from pfl.hyperparam import NNTrainHyperParams
    from pfl.metrics import Metrics
    from pfl.model.pytorch import PyTorchModel

    torch.set_num_threads(spec["threads"])
    torch.manual_seed(1)
    tally, rounds = Tally(), len(spec["plan"]) + 1

    class Timer(TrainingProcessCallback):
        def after_central_iteration(
            self, metrics: Any, model: Any, *, central_iteration: int
        ) -> Any:
            if central_iteration == 0:
                tally.begin()
            if central_iteration == rounds - 1:
                tally.stop()
            return False, Metrics()

    module = counted(simulator_model(spec), tally)
    central = torch.optim.SGD(module.parameters(), 1.0)
    weighting = WeightByDatapoints() if spec["spread"] else WeightByUser()
    data = federated_dataset(spec)
    FederatedAveraging().run(
        algorithm_params=NNAlgorithmParams(
            central_num_iterations=rounds,
            evaluation_frequency=10**9,
            train_cohort_size=spec["cohort"],
            val_cohort_size=0,
        ),
        backend=SimulatedBackend(training_data=data, val_data=data, postprocessors=[weighting]),
        model=PyTorchModel(module, local_optimizer_create=sgd, central_optimizer=central),
        model_train_params=NNTrainHyperParams(
            local_learning_rate=spec["rate"],
            local_num_epochs=spec["epochs"],
            local_batch_size=spec["batch"],
        ),
        callbacks=[Timer()],
    )
    return tally.answer(f"pfl-research {version('pfl')} with PyTorch {torch.__version__}")
