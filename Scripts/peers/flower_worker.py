"""Experiment 1 by Flower's simulation on Ray, with PyTorch's model."""

from __future__ import annotations

import tempfile
import time
from typing import Any

from common import CORES, REFERENCE, Failure
from idx_images import load
from torch_worker import torch_epoch, torch_evaluation, torch_model, torch_tensors


def uniform_shard(labels: Any, samples: int, seed: tuple[int, ...]) -> Any:
    """Experiment 1's draw: as many images of each class."""
    import numpy

    random = numpy.random.default_rng(seed)
    classes = (numpy.flatnonzero(labels == digit) for digit in range(10))
    return numpy.concatenate([random.choice(of, samples // 10, replace=False) for of in classes])


def torch_accuracy(model: Any, folder: str | None) -> float:
    images, labels = torch_tensors(folder, "test")
    batches = torch_evaluation(model, images, labels, 128)
    return float(sum(hits for _, (_, hits) in batches)) / len(images)


def flower_model(arrays: Any) -> Any:
    import torch

    # The layout that wins the trials of TorchBench, mostly in training, always in evaluation.
    model = torch_model(REFERENCE).to(memory_format=torch.channels_last)
    model.load_state_dict(arrays.to_torch_state_dict())
    return model


def flower_train(message: Any, context: Any) -> Any:
    """A client's round: trains, then evaluates what it has learnt, as ours do.

    The first round warms up: processes, libraries and data are there when the second begins.
    """
    import torch
    from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict

    torch.set_num_threads(1)
    config = message.content["config"]
    folder = config["data"] or None
    warm_up = config["server-round"] == 1
    model = flower_model(message.content["arrays"])
    images, labels = torch_tensors(folder, "train")
    samples = 10 if warm_up else config["samples"]
    seed = (context.node_config["partition-id"], config["server-round"])
    chosen = torch.from_numpy(uniform_shard(labels.numpy(), samples, seed))
    images, labels = images[chosen], labels[chosen]
    optimiser = torch.optim.SGD(model.parameters(), lr=0.0 if warm_up else 0.01, fused=True)
    for _ in range(1 if warm_up else config["epochs"]):
        for _ in torch_epoch(model, optimiser, images, labels, config["batch"]):
            pass
    load(folder, "test")
    accuracy = 0.0 if warm_up else torch_accuracy(model, folder)
    content = RecordDict(
        {
            "arrays": ArrayRecord(model.state_dict()),
            "metrics": MetricRecord({"accuracy": accuracy, "num-examples": samples}),
        }
    )
    return Message(content=content, reply_to=message)


class FlowerServer:
    """Federated averaging for the rounds asked for, and one more before them to warm up."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.start = self.end = 0.0
        self.accuracy: list[float] = []
        self.replies = 0

    def run(self, grid: Any, context: Any) -> None:
        import torch
        from flwr.app import ArrayRecord, ConfigRecord
        from flwr.serverapp.strategy import FedAvg

        server, spec = self, self.spec
        torch.set_num_threads(CORES)
        torch.manual_seed(1)

        class TimedAveraging(FedAvg):
            def configure_train(self, server_round: int, *rest: Any) -> Any:
                if server_round == 2:
                    server.start = time.monotonic()
                return super().configure_train(server_round, *rest)

            def aggregate_train(self, server_round: int, replies: Any) -> Any:
                replies = list(replies)
                if server_round > 1:
                    server.replies += sum(not reply.has_error() for reply in replies)
                return super().aggregate_train(server_round, replies)

        config = {key: spec[key] for key in ("epochs", "samples", "batch")}
        TimedAveraging(fraction_evaluate=0.0, min_available_nodes=spec["clients"]).start(
            grid=grid,
            initial_arrays=ArrayRecord(torch_model(REFERENCE).state_dict()),
            num_rounds=1 + spec["rounds"],
            train_config=ConfigRecord(config | {"data": spec["data"] or ""}),
            evaluate_fn=self.evaluate,
        )

    def evaluate(self, server_round: int, arrays: Any) -> None:
        if server_round == 0:
            return
        model = flower_model(arrays)
        self.accuracy.append(torch_accuracy(model, self.spec["data"]))
        self.end = time.monotonic()


def measure(spec: dict[str, Any]) -> dict[str, Any]:
    import flwr
    import torch
    from flwr.clientapp import ClientApp
    from flwr.serverapp import ServerApp
    from flwr.simulation import run_simulation

    server = FlowerServer(spec)
    server_app, client_app = ServerApp(), ClientApp()
    server_app.main()(server.run)
    client_app.train()(flower_train)
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        ray = {"num_cpus": CORES, "include_dashboard": False, "log_to_driver": False}
        backend = {
            "init_args": ray | {"_temp_dir": folder},
            "client_resources": {"num_cpus": 1, "num_gpus": 0.0},
        }
        run_simulation(server_app, client_app, spec["clients"], backend_config=backend)
    expected = spec["clients"] * spec["rounds"]
    if server.replies != expected:
        raise Failure(f"{server.replies} of {expected} updates came")
    about = f"Flower {flwr.__version__} with PyTorch {torch.__version__}, run_simulation on Ray"
    about += f"; accuracy {server.accuracy[-1]:.4f}"
    return {"seconds": server.end - server.start, "about": about}
