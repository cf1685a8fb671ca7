import Foundation
import JSON
import Parameters

extension RunLog {
    /// The log as JSON, in one piece.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        write { (chunk: [UInt8]) throws(Never) in bytes += chunk }
        return bytes
    }

    /// Hands the log on as JSON, piece by piece.
    package func write<Failure: Error>(
        to sink: @escaping ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        var writer = JSONWriter(sink: sink)
        var isFirst = true
        func key(_ name: String) {
            writer.raw(isFirst ? "{\n" : ",\n")
            isFirst = false
            writer.string(name)
            writer.raw(": ")
        }
        func member(_ name: String, _ value: JSONValue) throws(Failure) {
            key(name)
            try writer.value(value)
        }
        try member("client number", .integer(clientNumber))
        try member("experiment", .integer(experiment))
        try member("max round", .integer(maxRound))
        // Of all clients and rounds at once there would be no end: one client after the other.
        let parts = series.parts
        let lists = parts == nil ? whole : ClientSeries.Whole()
        func byClient<Value>(
            _ name: String, _ values: [Int: Value], _ json: (Value) -> JSONValue
        ) throws(Failure) {
            key(name)
            writer.raw("{")
            for (index, client) in values.keys.sorted().enumerated() {
                guard let value = values[client] else { continue }
                writer.raw(index > 0 ? ", " : "")
                writer.string("\(client)")
                writer.raw(": ")
                try writer.value(json(value))
            }
            writer.raw("}")
        }
        try byClient("clients acc", lists.accuracies, numbers)
        try member("server acc", numbers(serverAccuracies))
        switch finalWeight {
        case .nested(let parameters, let shapes):
            key("final weight")
            try Self.write(parameters, shapes: shapes, to: &writer)
        case .file(let name): try member("final_weight_file", .string(name))
        case .none: try member("final weight", .null)
        }
        try member(Self.firstClientKey, 0)
        try byClient("clients_loss", lists.losses, numbers)
        try member("server_loss", numbers(serverLosses))
        try byClient("clients_samples", lists.samples, integers)
        try byClient("clients_class_counts", lists.classCounts) { .array($0.map(integers)) }
        if !lists.updateNorms.isEmpty {
            try byClient("clients_update_norm", lists.updateNorms, numbers)
        }
        if !lists.updateCosines.isEmpty {
            try byClient("clients_update_cosine", lists.updateCosines, numbers)
        }
        if let parts { try byClient("clients_rounds", parts, json) }
        if let drops { try member("drops", .array(drops.map(\.json))) }
        if !roundMetrics.isEmpty {
            try member("round_metrics", .object(roundMetrics.mapValues(numbers)))
        }
        if let classResults {
            if let matrix = classResults.confusion {
                try member("confusion_matrix", .array(matrix.map(integers)))
            }
            try member("class_accuracies", numbers(classResults.accuracies))
            if let mistakes = classResults.mistakes {
                try member("mistakes", .array(mistakes.map(\.json)))
            }
        }
        if !classNames.isEmpty {
            try member("class_names", .array(classNames.map(JSONValue.string)))
        }
        if score != .accuracy { try member("score", .string(score.rawValue)) }
        try member("outcome", .string(outcome))
        try member("configuration", configuration)
        if let reproducibility {
            try member("reproducible", .bool(reproducibility.holds))
            if let why = reproducibility.why { try member("why", .string(why)) }
        }
        try member("seed", JSONValue(seed))
        try member("data", data)
        try member("data_fingerprint", dataFingerprint.map(JSONValue.string) ?? .null)
        try member("partition_fingerprint", partitionFingerprint.map(JSONValue.string) ?? .null)
        if let initialModelFingerprint {
            try member("initial_model_fingerprint", .string(initialModelFingerprint))
        }
        if let serverRuleFingerprint {
            try member("server_rule_fingerprint", .string(serverRuleFingerprint))
        }
        if let testSamples { try member("test_samples", .integer(testSamples)) }
        if let clientTestSamples { try member("client_test_samples", .integer(clientTestSamples)) }
        try member("model", model)
        try member("model_parameters", .integer(modelParameters))
        try member("timings", timings.json)
        try member("threads", .integer(threads))
        try member("cpu", .string(cpu))
        try member("blas_core", .string(blasCore))
        try member("simd", .string(simd))
        try member("version", .string(version))
        try member("started", .string(started.formatted(.iso8601)))
        if let name { try member("name", .string(name)) }
        if !tags.isEmpty { try member("tags", .array(tags.map(JSONValue.string))) }
        if !note.isEmpty { try member("note", .string(note)) }
        writer.raw("\n}\n")
        try writer.finish()
    }

    private static func write<Failure: Error>(
        _ parameters: ParameterVector, shapes: [[Int]], to writer: inout JSONWriter<Failure>
    ) throws(Failure) {
        precondition(
            shapes.reduce(0) { $0 + $1.reduce(1, *) } == parameters.count,
            "shapes \(shapes) are not those of \(parameters.count) parameters")
        writer.raw("[")
        var offset = 0
        for (index, shape) in shapes.enumerated() {
            if index > 0 { writer.raw(",\n") }
            let count = shape.reduce(1, *)
            // withUnsafeBufferPointer cannot throw typed errors, so one comes out as a result.
            let result: Result<Void, Failure> = parameters.withUnsafeBufferPointer { values in
                do throws(Failure) {
                    try writer.nestedFloats(values[offset..<offset + count], shape: shape[...])
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            try result.get()
            offset += count
        }
        writer.raw("]")
    }

    private func numbers(_ values: [Double?]) -> JSONValue {
        .array(values.map { $0.map(JSONValue.number) ?? .null })
    }

    private func integers(_ values: [Int]) -> JSONValue {
        .array(values.map(JSONValue.integer))
    }

    /// A client's rounds, list by list.
    private func json(_ rounds: [ClientRound]) -> JSONValue {
        var members: [String: JSONValue] = [
            "rounds": integers(rounds.map(\.round)), "samples": integers(rounds.map(\.samples)),
        ]
        if rounds.contains(where: { $0.accuracy != nil }) {
            members["acc"] = numbers(rounds.map(\.accuracy))
        }
        if rounds.contains(where: { $0.loss != nil }) {
            members["loss"] = numbers(rounds.map(\.loss))
        }
        if rounds.contains(where: { !$0.classCounts.isEmpty }) {
            members["class_counts"] = .array(rounds.map { integers($0.classCounts) })
        }
        if rounds.contains(where: { $0.updateNorm != nil }) {
            members["update_norm"] = numbers(rounds.map(\.updateNorm))
        }
        if rounds.contains(where: { $0.updateCosine != nil }) {
            members["update_cosine"] = numbers(rounds.map(\.updateCosine))
        }
        return .object(members)
    }
}

extension RunLog.Timings {
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "round_seconds": .array(roundSeconds.map(JSONValue.number)),
            "training_seconds": .number(trainingSeconds),
            "evaluation_seconds": .number(evaluationSeconds),
            "total_seconds": .number(totalSeconds),
        ]
        if !idleShares.isEmpty {
            members["ranks"] = .integer(ranks)
            members["idle_shares"] = .array(idleShares.map(JSONValue.number))
        }
        return .object(members)
    }
}
