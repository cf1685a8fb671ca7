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
    /// An array of numpy's.
    case npy
    /// An archive of them.
    case npz
    /// Records of CIFAR.
    case cifar
    /// A picture.
    case png
    /// A model file.
    case safetensors
    /// A network's file, this project's or Keras's.
    case architecture
    /// A run's log.
    case log
    /// A table of text.
    case table
    /// Data in LEAF's form.
    case leaf

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
        case .npy: [Self.npy, Self.arrays]
        case .npz: [Self.npz]
        case .cifar: [{ Self.cifar($0, .ten) }, { Self.cifar($0, .hundred) }]
        case .png: [Self.png]
        case .safetensors: [Self.safetensors, Self.transferred]
        case .architecture: [Self.architecture]
        case .log: [Self.log]
        case .table: [{ Self.table($0, client: nil) }, { Self.table($0, client: "who") }]
        case .leaf: [Self.leaf]
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

    private static func png(_ bytes: [UInt8]) -> Bool {
        guard let file = try? PNGFile(bytes, width: 8, height: 8, file: "fuzz") else {
            return false
        }
        demand(file.pixels.count == 64 * file.channels, "a pixel is missing")
        guard [1, 3].contains(file.channels) else { return true }
        let image = PNGImage.encoded(file.pixels, height: 8, width: 8, channels: file.channels)
        let back = try? PNGFile(image, width: 8, height: 8, file: "fuzz")
        demand(back == file, "the picture changed on its way")
        return true
    }

    private static func npy(_ bytes: [UInt8]) -> Bool {
        var isTaken = false
        for role in [NumberArray.Role.samples, .labels] {
            let whole = try? NPY.decode(bytes, name: "fuzz", as: role)
            let pieces = try? NPY.decode(bytes, name: "fuzz", as: role, piece: 7)
            demand(whole?.shape == pieces?.shape, "pieces changed what was read")
            if let whole {
                let count: Int =
                    switch whole.numbers {
                    case .bytes(let bytes): bytes.count
                    case .wholes(let wholes): wholes.count
                    case .floats(let floats): floats.count
                    }
                demand(count == whole.shape.reduce(1, *), "a number is missing")
                isTaken = true
            }
        }
        return isTaken
    }

    /// The bytes as two arrays one behind the other, with the length of the first before them.
    private static func arrays(_ bytes: [UInt8]) -> Bool {
        let length = Int(bytes.first ?? 0) * 8
        let (first, second) = (bytes.dropFirst().prefix(length), bytes.dropFirst(1 + length))
        guard let x = try? NPY.decode(Array(first), name: "x", as: .samples),
            let y = try? NPY.decode(Array(second), name: "y", as: .labels)
        else { return false }
        var notes: [String] = []
        return isSound(
            try? Dataset(
                samples: x, labels: y, name: "fuzz", options: DatasetOptions(), notes: &notes))
    }

    private static func npz(_ bytes: [UInt8]) -> Bool {
        (try? NPY.decode(archive: bytes, name: "fuzz", as: .samples)) != nil
    }

    private static func cifar(_ bytes: [UInt8], _ kind: CIFARKind) -> Bool {
        // What gzip makes of a few bytes takes longer than an input may; `idx` has gzip.
        guard bytes.first != 0x1F else { return false }
        var records = CIFARRecords(kind)
        guard (try? records.decode(bytes, file: "fuzz")) != nil else { return false }
        demand(records.pixels.count == 3072 * records.labels.count, "a pixel is missing")
        return true
    }

    private static func table(_ bytes: [UInt8], client: String?) -> Bool {
        // What gzip makes of a few bytes takes longer than an input may; `idx` has gzip.
        guard bytes.first != 0x1F else { return false }
        var notes: [String] = []
        let dataset = try? Dataset(
            tableBytes: bytes, name: "fuzz", options: DatasetOptions(clientColumn: client),
            notes: &notes)
        return isSound(dataset)
    }

    private static func leaf(_ bytes: [UInt8]) -> Bool {
        var notes: [String] = []
        return isSound(
            try? Dataset(leafBytes: bytes, name: "fuzz", options: DatasetOptions(), notes: &notes))
    }

    /// Whether there are data; what there are is something to train and to test on, each with an owner
    /// where there are owners.
    private static func isSound(_ dataset: Dataset?) -> Bool {
        guard let dataset else { return false }
        demand(dataset.train.count > 0 && dataset.test.count > 0, "samples are missing")
        demand(dataset.train.values.allSatisfy(\.isFinite), "a value is not finite")
        if let owners = dataset.owners {
            demand(
                owners.train.count == dataset.train.count
                    && owners.test?.count == dataset.test.count, "a sample has no owner")
        }
        return true
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

    private static func transferred(_ bytes: [UInt8]) -> Bool {
        let start = ParameterVector(zeros: layout.count)
        guard let model = try? TransferredModel(Data(bytes), over: start, layout: layout) else {
            return false
        }
        demand(
            bits(of: model.parameters).allSatisfy { Float(bitPattern: $0).isFinite },
            "a number is none")
        return true
    }

    private static func architecture(_ bytes: [UInt8]) -> Bool {
        guard let file = try? ArchitectureFile(text: bytes, name: "fuzz"),
            let text = try? file.json().encoded()
        else { return false }
        let back = try? ArchitectureFile(text: text, name: "fuzz")
        demand(back == file, "the architecture changed on its way")
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
