"""The ServerApp: Flower's own FedAvg, watched but not touched.

Each round's model is compared with a weighted average in double precision of what the nodes sent, and
tested here in numpy, so that the arrays mean here what they mean to the nodes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Context, MetricRecord
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg

from . import images as data
from . import network

app = ServerApp()


def weighted_average(replies: list[Any]) -> list[np.ndarray]:
    total, sums = 0, None
    for reply in replies:
        weight = reply.content["metrics"]["num-examples"]
        arrays = [array.astype(np.float64) for array in reply.content["arrays"].to_numpy_ndarrays()]
        sums = [weight * array for array in arrays] if sums is None else [
            sum_ + weight * array for sum_, array in zip(sums, arrays)]
        total += weight
    return [] if sums is None else [sum_ / total for sum_ in sums]


def difference(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    if len(one) != len(other):
        return float("inf")
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other))


@app.main()
def main(grid: Grid, context: Context) -> None:
    config = context.run_config
    images, labels = data.load(str(config["images"]), "t10k")
    rounds: list[dict[str, Any]] = []
    replies: dict[str, list[Any]] = {"train": [], "evaluate": []}
    exchange = grid.send_and_receive

    def watched(*arguments: Any, **named: Any) -> list[Any]:
        received = list(exchange(*arguments, **named))
        if received:
            replies[received[0].metadata.message_type] = received
        return received

    grid.send_and_receive = watched  # type: ignore[method-assign]

    def evaluate(number: int, arrays: ArrayRecord) -> MetricRecord | None:
        model = arrays.to_numpy_ndarrays()
        loss, accuracy = network.evaluate(model, images, labels)
        if number > 0:
            good = [reply for reply in replies["train"] if not reply.has_error()]
            tests = [reply for reply in replies["evaluate"] if not reply.has_error()]
            rounds.append({
                "round": number,
                "replies": len(good),
                "errors": [
                    reply.error.reason for of in replies.values() for reply in of
                    if reply.has_error()],
                "samples": [reply.content["metrics"]["num-examples"] for reply in good],
                "train loss": [reply.content["metrics"]["train_loss"] for reply in good],
                "difference": difference(model, weighted_average(good)),
                "loss": loss,
                "accuracy": accuracy,
                "node accuracy": [reply.content["metrics"]["eval_acc"] for reply in tests],
            })
        return MetricRecord({"loss": loss, "accuracy": accuracy})

    nodes = int(config["nodes"])
    settings = {key: config[key] for key in ("lr", "local-epochs", "batch-size")}
    FedAvg(min_train_nodes=nodes, min_evaluate_nodes=nodes, min_available_nodes=nodes).start(
        grid=grid,
        initial_arrays=ArrayRecord(network.start(1)),
        num_rounds=int(config["rounds"]),
        timeout=300,
        train_config=ConfigRecord(settings),
        evaluate_fn=evaluate,
    )
    Path(str(config["figures"])).write_text(json.dumps(rounds))
