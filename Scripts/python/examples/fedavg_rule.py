"""Federated averaging as a server rule of one's own:

    federated run --server-rule exec:fedavg_rule.py
"""
import numpy

from federated import rule


def average(round: rule.Round) -> numpy.ndarray:
    share = round.weights / round.weights.sum()
    model = numpy.zeros(round.model.size)
    for weight, update in zip(share, round.updates):
        model += weight * update.astype(numpy.float64)
    return model


if __name__ == "__main__":
    rule.serve(average)
