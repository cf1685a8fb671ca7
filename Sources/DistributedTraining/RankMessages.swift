import Federation
import Foundation
import Tensors

/// What rank 0 tells the others to do next.
enum RankOrder: Codable {
    /// Train these clients of a round, one list for each rank; the updates of some will not arrive.
    case train(round: Int, clients: [[Int]], dropouts: Set<Int>, newModel: Bool)
    /// Test the model that follows.
    case evaluate
    /// The run is over.
    case end
}

/// What a rank says of the clients that it has trained.
package struct TrainingReport: Codable {
    /// What came of one client.
    struct Part: Codable {
        var client: Int
        var sampleCount: Int
        /// How its own model did.
        var evaluation: Evaluation?
        /// Why there is no update of it.
        var failure: ClientFailure?
        /// Whether it was the sum that did not take it.
        var isRefused = false
    }

    var parts: [Part] = []
    /// What is known of the rank's sum.
    var totals: RoundAggregate.Totals
    var imagesTrained = 0
    var imagesEvaluated = 0
    /// Over the rank's threads.
    var trainingSeconds = 0.0
    var evaluationSeconds = 0.0
    /// Whether the rank was told to stop.
    var isStopped = false
}

/// What rank 0 knows of all ranks' sums; nil where they are not to be added up.
struct SumOrder: Codable {
    var whole: RoundAggregate.Totals?
}

/// What a rank says of its pieces of the test set.
struct EvaluationReport: Codable {
    struct Piece: Codable {
        var piece: Int
        var count: Int
        var lossSum: Double
        var correct: Int64
    }

    var pieces: [Piece] = []
    var seconds = 0.0
    var isStopped = false
}

/// Property lists and not JSON: they hold every Double.
private func encoded(_ value: some Encodable) -> [UInt8] {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    do {
        return Array(try encoder.encode([value]))
    } catch {
        preconditionFailure("a message between ranks cannot be written: \(error)")
    }
}

private func decoded<Value: Decodable>(_ bytes: [UInt8]) -> Value {
    do {
        return try PropertyListDecoder().decode([Value].self, from: Data(bytes))[0]
    } catch {
        preconditionFailure("a message between ranks cannot be read: \(error)")
    }
}

extension TrainingReport {
    /// Seconds that rank 0 takes to read a rank's report of so many clients.
    package static func readingSeconds(clients: Int) -> Double {
        let sum = RoundAggregate(.fedAvg, layout: ParameterLayout([("all", [1])]))
        var report = TrainingReport(totals: sum.totals)
        report.parts = (0..<clients).map { Part(client: $0, sampleCount: 600) }
        let bytes = encoded(report)
        let start = MonotonicClock.seconds()
        for _ in 0..<100 { _ = decoded(bytes) as TrainingReport }
        return (MonotonicClock.seconds() - start) / 100
    }
}

extension Communicator {
    /// Gives every rank a value of rank 0's.
    /// - Parameter value: looked at on rank 0 only.
    public func broadcast<Value: Codable>(value: Value?) -> Value {
        precondition(rank != 0 || value != nil, "rank 0 has nothing to say")
        return decoded(broadcast(message: value.map { encoded($0) } ?? []))
    }

    /// Brings a value of each rank to rank 0, in the order of ranks; the others get nothing.
    public func gather<Value: Codable>(value: Value) -> [Value] {
        gather(encoded(value)).map { decoded($0) }
    }
}
