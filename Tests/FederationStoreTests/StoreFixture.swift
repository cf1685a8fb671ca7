import Federation
import FederationStore
import Foundation
import Parameters

/// A folder that is removed after `body`, and the path of a store in it.
func inTemporaryFolder<Result>(_ body: (_ store: String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(
        path: "store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.appending(path: "runs.sqlite").path)
}

/// What a `StoreError` says; nothing if `body` throws none.
func sentence(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return "\(error)"
    }
}

/// A run to put into stores.
enum Sample {
    static let layout = ParameterLayout([("dense/kernel", [3, 4]), ("dense/bias", [4])])

    static var header: RunLog {
        var log = RunLog(clientNumber: 3, experiment: 4, maxRound: 5)
        log.configuration = [
            "epochs": 2, "learning_rate": 0.01, "name": "a \"quoted\" name\n",
            "strategy": "scaffold",
        ]
        log.seed = .max
        log.data = "digits"
        log.model = "tiny"
        log.modelParameters = 16
        log.threads = 2
        log.cpu = "a CPU"
        log.version = "1.2.3"
        log.started = Date(timeIntervalSince1970: 1_700_000_000)
        return log
    }

    static func model(_ round: Int) -> ParameterVector {
        ParameterVector((0..<16).map { Float($0) / 7 - Float(round) })
    }

    /// That model, of a strategy that knows nothing else.
    static func state(_ round: Int) -> FederationState { FederationState(model: model(round)) }

    /// A round in which client 1 is absent in round 2 and client 2 unevaluated in round 3.
    static func round(_ number: Int) -> CommittedRound {
        let clients = (0..<3).map { client in
            if number == 2, client == 1 {
                return RoundRecord.Client(
                    client: client, sampleCount: nil,
                    failure: ClientFailure(.absence, reason: "no heartbeat for 3 s"))
            }
            return RoundRecord.Client(
                client: client, sampleCount: 10 * (client + 1),
                evaluation: number == 3 && client == 2
                    ? nil
                    : Evaluation(accuracy: 0.1 * Double(client + 1), loss: 1 / 3, count: 70))
        }
        return CommittedRound(
            record: RoundRecord(
                round: number, clients: clients,
                global: Evaluation(
                    accuracy: 0.2 * Double(number), loss: 1 / Double(number), count: 70)),
            classCounts: number == 2 ? [0: [4, 6], 2: [30, 0]] : [0: [4, 6], 1: [20], 2: [30]],
            seconds: 0.1 + Double(number), trainingSeconds: 0.3, evaluationSeconds: 1e-9)
    }

    @discardableResult
    static func begin(_ store: RunStore, kind: String = "run", rounds: Int = 0) throws -> String {
        let name = try store.begin(
            kind: kind, header: header, source: ["dataset": "digits"], layout: layout,
            samples: [0: 10, 1: 20, 2: 30])
        for number in 0..<rounds {
            try store.commit(round(number + 1), state: state(number + 1), in: name)
        }
        return name
    }
}
