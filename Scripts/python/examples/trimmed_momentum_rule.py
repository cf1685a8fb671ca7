"""A server rule that leaves out the largest and the smallest of each parameter, and has momentum:

    federated run --server-rule exec:trimmed_momentum_rule.py
"""
import numpy

from federated import rule


def step(round: rule.Round) -> rule.Next:
    updates = numpy.sort(round.updates, axis=0)
    if len(updates) > 2:
        updates = updates[1:-1]
    change = updates.mean(axis=0, dtype=numpy.float64) - round.model
    velocity = 0.9 * round.state.get("velocity", 0) + change
    return rule.Next(round.model + velocity, state={"velocity": velocity},
                     metrics={"change_norm": numpy.linalg.norm(change)})


if __name__ == "__main__":
    rule.serve(step)
