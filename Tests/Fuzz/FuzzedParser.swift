import Datasets
import Federation
import FederationWire
import Foundation
import NeuralNetworks
import Parameters

/// Everything that reads bytes from elsewhere.
enum FuzzedParser: String, CaseIterable {
    /// A binary body.
    case header
    /// A model as nested lists.
    case weights
    /// Messages of the binary API.
    case messages
    /// An IDX file, plain or gzip.
    case idx
    /// A model file.
    case safetensors
    /// A run's log.
    case log

    private static let layout = ParameterLayout([
        ("conv1/kernel", [2, 2, 1, 2]), ("conv1/bias", [2]), ("dense1/kernel", [3, 2]),
    ])

    /// What is done with an input, one after the other: each parses it, checks of what was taken that it
    /// comes back the same, and returns whether it was taken.
    var passes: [([UInt8]) -> Bool] {
        switch self {
        case .header: [Self.body, Self.forgedContent, Self.forgedNumbers]
        case .weights: [Self.weights]
        case .messages:
            [
                { Self.message($0, RunSettings.self) }, { Self.message($0, Registration.self) },
                { Self.message($0, NextTask.self) }, { Self.message($0, Heartbeat.self) },
                { Self.message($0, HeartbeatAnswer.self) },
                { Self.message($0, FailureReport.self) }, { Self.message($0, UpdateReceipt.self) },
                { Self.message($0, UpdateReport.self) }, { Self.message($0, APIError.self) },
            ]
        case .idx: [{ Self.idx($0, .images) }, { Self.idx($0, .labels) }]
        case .safetensors: [Self.safetensors]
        case .log: [Self.log]
        }
    }

    private static func weights(_ bytes: [UInt8]) -> Bool {
        guard let model = try? WeightsJSON.decode(bytes, layout: layout) else { return false }
        let text = WeightsJSON.encode(model, layout: layout)
        let back = try? WeightsJSON.decode(text, layout: layout)
        demand(back == model, "the model changed on its way")
        return true
    }

    private static func message<M: Message>(_ bytes: [UInt8], _ type: M.Type) -> Bool {
        guard let message = try? M(decoding: bytes) else { return false }
        let back = try? M(decoding: message.encoded())
        demand(back == message, "the message changed on its way")
        return true
    }

    private static func idx(_ bytes: [UInt8], _ kind: IDXKind) -> Bool {
        (try? IDX.decode(bytes, kind: kind, file: "fuzz")) != nil
    }

    private static func safetensors(_ bytes: [UInt8]) -> Bool {
        guard let model = try? SafeTensors.decode(Data(bytes), layout: layout) else { return false }
        let file = SafeTensors.encode(model, layout: layout)
        let back = try? SafeTensors.decode(file, layout: layout)
        // By their bits: a model file may hold NaN, which equals nothing.
        demand(
            back.map(bits(of:)) == bits(of: model), "the model changed on its way")
        return true
    }

    private static func bits(of model: ParameterVector) -> [UInt32] {
        model.withUnsafeBufferPointer { $0.map(\.bitPattern) }
    }

    private static func log(_ bytes: [UInt8]) -> Bool {
        guard let log = try? RunLog(decoding: bytes) else { return false }
        let back = try? RunLog(decoding: log.encoded())
        demand(back == log, "the log changed on its way")
        return true
    }
}

// MARK: Binary bodies

extension FuzzedParser {
    /// The bytes as they are, whole and in chunks.
    private static func body(_ bytes: [UInt8]) -> Bool {
        let whole = decode(bytes, chunk: max(bytes.count, 1))
        demand(decode(bytes, chunk: 7) == whole, "chunks changed what was read")
        guard let whole else { return false }
        for encoding in VectorEncodings.all {
            let again = ModelBody.encode(
                whole.header, whole.value, report: whole.report, as: encoding)
            let back = decode(again, chunk: max(again.count, 1))
            demand(
                back?.value == whole.value && back?.report == whole.report,
                "the body changed on its way as \(encoding.name)")
        }
        return true
    }

    /// The bytes as all that follows the header of a body whose length and checksum are right, which
    /// no fuzzer would hit upon: the first says how many sections there are. They do not count as taken.
    private static func forgedContent(_ bytes: [UInt8]) -> Bool {
        let content = Array(bytes.dropFirst())
        var forged = ModelBody.encode(header(samples: 600), .model(zeros))
        forged.removeSubrange(ModelHeader.byteCount...)
        forged[ModelHeader.Field.sections.range.lowerBound] = bytes.first ?? 0
        withUnsafeBytes(of: UInt64(content.count).littleEndian) {
            forged.replaceSubrange(ModelHeader.Field.length.range, with: $0)
        }
        var checksum = ModelChecksum()
        content.withUnsafeBytes { checksum.update($0) }
        let place = ModelHeader.Field.checksum.range
        forged.replaceSubrange(
            place, with: checksum.value(Array(forged[..<place.lowerBound])))
        _ = body(forged + content)
        return false
    }

    /// The bytes as number of samples and parameters of a body that is right but for them, in each
    /// encoding. They do not count as taken.
    private static func forgedNumbers(_ bytes: [UInt8]) -> Bool {
        let samples = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var vector = zeros
        vector.withUnsafeMutableBufferPointer {
            let target = UnsafeMutableRawBufferPointer($0)
            target.copyBytes(from: bytes.dropFirst(8).prefix(target.count))
        }
        let header = header(samples: Int(clamping: samples))
        let isRight =
            SampleCount.allowed.contains(header.sampleCount)
            && vector.inspect().firstNonFinite == nil
        for encoding in VectorEncodings.all {
            let forged = ModelBody.encode(header, .change(vector), as: encoding)
            let taken = decode(forged, chunk: 1 + bytes.count % 40)
            demand((taken != nil) == isRight, "a wrong body was taken, or a right one refused")
            demand(!isRight || taken?.value == .change(vector), "the body changed on its way")
        }
        return false
    }

    private static let zeros = ParameterVector(zeros: layout.count)

    private static func header(samples: Int) -> ModelHeader {
        .update(run: run, round: 2, client: 3, sampleCount: samples, architecture: digest)
    }

    private static func decode(_ bytes: [UInt8], chunk: Int) -> ModelBody? {
        var decoder = ModelDecoder(
            expecting: .update(
                run: run, round: 2, client: 3, architecture: digest, layout: layout))
        var start = 0
        while start < bytes.count {
            let end = min(start + chunk, bytes.count)
            guard (try? decoder.append(Array(bytes[start..<end]))) != nil else { return nil }
            start = end
        }
        return try? decoder.finish()
    }

    private static let run: RunIdentifier = {
        guard let run = RunIdentifier("run") else { preconditionFailure("the run has no name") }
        return run
    }()

    private static let digest: ArchitectureDigest = {
        let text = String(repeating: "ab", count: 32)
        guard let digest = ArchitectureDigest(hexadecimal: text) else {
            preconditionFailure("the model has no digest")
        }
        return digest
    }()
}
