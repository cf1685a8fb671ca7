import Crypto
import Datasets
import Federation
import FederationWire
import Foundation
import NeuralNetworks
import Tensors

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

    /// Parses, and checks of what was taken that it comes back the same.
    func parse(_ bytes: [UInt8]) {
        switch self {
        case .header: Self.body(bytes)
        case .weights:
            guard let model = try? WeightsJSON.decode(bytes, layout: Self.layout) else { return }
            let text = WeightsJSON.encode(model, layout: Self.layout)
            let back = try? WeightsJSON.decode(text, layout: Self.layout)
            precondition(back == model, "the model changed on its way")
        case .messages:
            Self.roundTrip(bytes, RunSettings.self)
            Self.roundTrip(bytes, Registration.self)
            Self.roundTrip(bytes, NextTask.self)
            Self.roundTrip(bytes, Heartbeat.self)
            Self.roundTrip(bytes, APIError.self)
        case .idx:
            _ = try? IDX.decode(bytes, kind: .images, file: "fuzz")
            _ = try? IDX.decode(bytes, kind: .labels, file: "fuzz")
        case .safetensors:
            guard let model = try? SafeTensors.decode(Data(bytes), layout: Self.layout) else {
                return
            }
            let file = SafeTensors.encode(model, layout: Self.layout)
            let back = try? SafeTensors.decode(file, layout: Self.layout)
            precondition(back == model, "the model changed on its way")
        case .log:
            guard let log = try? RunLog(decoding: bytes) else { return }
            let back = try? RunLog(decoding: log.encoded())
            precondition(back != nil, "a log that was written cannot be read")
        }
    }

    /// The bytes as they are; then as the changeable parts of a body whose checksum is right, which
    /// no fuzzer would hit upon.
    private static func body(_ bytes: [UInt8]) {
        guard let run = RunIdentifier("run"),
            let digest = ArchitectureDigest(hexadecimal: String(repeating: "ab", count: 32))
        else { preconditionFailure("the run has no name") }
        let expectation = ModelExpectation.update(
            run: run, round: 2, client: 3, architecture: digest, layout: layout)
        func decode(_ bytes: [UInt8], chunk: Int) -> ModelBody? {
            var decoder = ModelDecoder(expecting: expectation)
            var start = 0
            while start < bytes.count {
                let end = min(start + chunk, bytes.count)
                guard (try? decoder.append(Array(bytes[start..<end]))) != nil else { return nil }
                start = end
            }
            return try? decoder.finish()
        }
        let whole = decode(bytes, chunk: max(bytes.count, 1))
        precondition(decode(bytes, chunk: 7) == whole, "chunks changed what was read")
        if let whole {
            precondition(whole.encoded() == bytes, "the body changed on its way")
        }
        let header = ModelHeader.update(
            run: run, round: 2, client: 3, sampleCount: 1, parameterCount: layout.count,
            architecture: digest)
        var forged = ModelBody(header, ParameterVector(zeros: layout.count)).encoded()
        let samples = bytes.prefix(8)
        forged.replaceSubrange(56..<56 + samples.count, with: samples)
        let payload = bytes.dropFirst(8).prefix(forged.count - ModelHeader.byteCount)
        forged.replaceSubrange(144..<144 + payload.count, with: payload)
        let checksum = SHA256.hash(data: forged[..<112] + forged[144...])
        forged.replaceSubrange(112..<144, with: checksum)
        guard let taken = decode(forged, chunk: 31) else { return }
        precondition(taken.encoded() == forged, "the body changed on its way")
        precondition(
            taken.parameters.inspect().firstNonFinite == nil, "what is not finite was taken")
    }

    private static func roundTrip<M: Message>(_ bytes: [UInt8], _ type: M.Type) {
        guard let message = try? M(decoding: bytes) else { return }
        let back = try? M(decoding: message.encoded())
        precondition(back == message, "the message changed on its way")
    }
}
