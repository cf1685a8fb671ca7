// A partition of one's own: client k sees one class alone, and another one in each round.
import SwiftFederated

struct WanderingClass: ShardSource {
    let byClass: [[Int32]]
    let largestShard = 200
    let fingerprint: UInt64 = 1

    init(_ images: Samples) { byClass = images.indicesByClass() }

    func shard(client: Int, round: Int) -> [Int32] {
        Array(byClass[(client + round) % byClass.count].prefix(largestShard))
    }
}

var spec = RunSpec()
spec.model = .logisticRegression
spec.epochs = 1
let data = try RunData.load("digits")
let shards = WanderingClass(data.dataset.train)
let result = try ExperimentRun(spec, data: data, shards: shards).run()
print("a class a client:", result.accuracies.compactMap { $0 })

// Divided once for all rounds, it is a list of lists: here two classes for each of five clients.
let pairs = (0..<5).map { shards.byClass[2 * $0] + shards.byClass[2 * $0 + 1] }
let divided = try DividedShards(pairs, of: data.dataset.train)
let other = try ExperimentRun(spec, data: data, shards: divided).run()
print("two classes a client:", other.accuracies.compactMap { $0 })
