"""The ClientApp for a stock SuperNode among `federated flower-node`s.

A strategy finds every node's records by the first reply's names, and refuses other keys than its
metrics: so they are those of `federated flower-node`.
"""

from __future__ import annotations

import numpy as np
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from . import images as data
from . import network

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    settings, run = message.content["config"], context.run_config
    arrays = [array.copy() for array in message.content["arrays"].to_numpy_ndarrays()]
    images, labels = data.load(str(run["images"]), "train")
    client = int(context.node_config["part"])
    mine = data.indices(str(run["parts"]), client)
    random = np.random.default_rng((client, int(settings["server-round"])))
    size, loss = int(settings["batch-size"]), 0.0
    for _ in range(int(settings["local-epochs"])):
        random.shuffle(mine)
        loss = 0.0
        for at in range(0, len(mine), size):
            batch = mine[at : at + size]
            loss += len(batch) * network.step(
                arrays, images[batch], labels[batch], float(settings["lr"]))
    content = RecordDict({
        "arrays": ArrayRecord(arrays),
        "metrics": MetricRecord({"train_loss": loss / len(mine), "num-examples": len(mine)}),
    })
    return Message(content=content, reply_to=message)


@app.evaluate()
def evaluate(message: Message, context: Context) -> Message:
    arrays = message.content["arrays"].to_numpy_ndarrays()
    images, labels = data.load(str(context.run_config["images"]), "t10k")
    loss, accuracy = network.evaluate(arrays, images, labels)
    content = RecordDict({
        "metrics": MetricRecord(
            {"eval_loss": loss, "eval_acc": accuracy, "num-examples": len(labels)}),
    })
    return Message(content=content, reply_to=message)
