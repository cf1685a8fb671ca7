// A sweep over seeds, two runs at a time if there are the cores for it: mean and spread.
import SwiftFederated

let specs = (1...5).map { seed in
    var spec = RunSpec()
    spec.partition = .dirichlet(alpha: 0.3)
    spec.strategy = .fedadam
    spec.model = .logisticRegression
    spec.rounds = 3
    spec.epochs = 1
    spec.seed = UInt64(seed)
    return spec
}
let finished = try Sweep(specs, data: .load("digits")).run { event in
    if case .ended(let run) = event { print(run.run.words, run.finalAccuracy ?? 0) }
}
if let spread = Spread(finished.compactMap(\.finalAccuracy)) { print("FedAdam:", spread) }
