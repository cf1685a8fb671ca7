// Experiment 1: a server and five clients train a convolutional network on MNIST.
import SwiftFederated

let run = try ExperimentRun(RunSpec())
print(run.data.dataset.origin)
let result = run.run { round in
    let clients = round.record.clients.compactMap { $0.evaluation?.accuracy }
    print("round \(round.record.round): clients", clients)
}
print(result.outcome, result.accuracies.compactMap { $0 })
