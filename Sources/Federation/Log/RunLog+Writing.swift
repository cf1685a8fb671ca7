import Foundation
import Tensors

extension RunLog {
    /// The log as JSON, in one piece.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        write { (chunk: [UInt8]) throws(Never) in bytes += chunk }
        return bytes
    }

    /// Hands the log on as JSON, piece by piece.
    func write<Failure: Error>(
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
        try member("clients acc", byClient(clientAccuracies, numbers))
        try member("server acc", numbers(serverAccuracies))
        switch finalWeight {
        case .nested(let parameters, let shapes):
            key("final weight")
            try Self.write(parameters, shapes: shapes, to: &writer)
        case .file(let name): try member("final weight file", .string(name))
        case .none: try member("final weight", .null)
        }
        try member(Self.firstClientKey, 0)
        try member("clients loss", byClient(clientLosses, numbers))
        try member("server loss", numbers(serverLosses))
        try member("clients samples", byClient(clientSamples, integers))
        try member(
            "clients class counts", byClient(clientClassCounts) { .array($0.map(integers)) })
        try member("outcome", .string(outcome))
        try member("configuration", configuration)
        if let reproducibility {
            try member("reproducible", .bool(reproducibility.holds))
            if let why = reproducibility.why { try member("why", .string(why)) }
        }
        try member("seed", JSONValue(seed))
        try member("data", data)
        try member("model", model)
        try member("model parameters", .integer(modelParameters))
        try member("timings", timings.json)
        try member("threads", .integer(threads))
        try member("cpu", .string(cpu))
        try member("blas core", .string(blasCore))
        try member("simd", .string(simd))
        try member("version", .string(version))
        try member("started", .string(started.formatted(.iso8601)))
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

    private func byClient<Value>(
        _ values: [Int: Value], _ json: (Value) -> JSONValue
    ) -> JSONValue {
        .object(Dictionary(uniqueKeysWithValues: values.map { ("\($0)", json($1)) }))
    }
}

extension RunLog.Timings {
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "round seconds": .array(roundSeconds.map(JSONValue.number)),
            "training seconds": .number(trainingSeconds),
            "evaluation seconds": .number(evaluationSeconds),
            "total seconds": .number(totalSeconds),
        ]
        if !idleShares.isEmpty {
            members["ranks"] = .integer(ranks)
            members["idle shares"] = .array(idleShares.map(JSONValue.number))
        }
        return .object(members)
    }
}
