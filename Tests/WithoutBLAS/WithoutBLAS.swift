import Federation
import FederationClient
import FederationWire
import Parameters

/// A program that only joins or only aggregates: it must link without OpenBLAS. `LinkTests` looks at it.
@main
struct WithoutBLAS {
    static func main() throws {
        let strategy = Strategy.fedAvg
        var fold = strategy.aggregator.makeFold(ParameterLayout([("w", [2])]))
        let state = FederationState(model: ParameterVector([1, 2]))
        for client in 0..<2 {
            let update = ModelUpdate(
                client: client, round: 1, sampleCount: 1 + 2 * client,
                parameters: ParameterVector([Float(client), 4]))
            let work = LocalWork(steps: 1, learningRate: 0.1)
            let made = try strategy.contribution(of: update, after: state, work: work)
            try fold.add([made.contribution], threads: 1)
        }
        let mean = try fold.finish(threads: 1).value.vector
        let address = try ServerAddress("http://127.0.0.1:9103")
        print("\(mean.array(in: 0..<2)) \(address) \(Route.modelMediaType)")
    }
}
