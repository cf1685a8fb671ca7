import Federation
import Foundation
import JSON
import Parameters
import Platform

/// A round as a program sees it: the models that clients sent, their weights, the global model and what the
/// program has kept, in one safetensors file.
struct RoundOfUpdates {
    /// r, from 1.
    var number: Int
    /// N.
    var population: Int
    /// The run's.
    var seed: UInt64
    /// The model's tensors.
    var layout: ParameterLayout
    /// What the federation knew before the round.
    var state: FederationState
    /// In the order of clients.
    var contributions: [Contribution]

    /// Before the name of a vector that the program keeps.
    static let statePrefix = "state."

    private enum Numbers {
        case floats(ParameterVector)
        case wholes([Int64])

        var byteCount: Int {
            switch self {
            case .floats(let vector): vector.count * MemoryLayout<Float>.size
            case .wholes(let numbers): numbers.count * MemoryLayout<Int64>.size
            }
        }
    }

    private struct Tensor {
        var name: String
        var type: String
        var shape: [Int]
        var numbers: [Numbers]
    }

    /// The file's tensors: `model` [P], `updates` [n, P], `state.NAME` [P] of F32; `weights`, `samples` and
    /// `clients` [n] of I64.
    private var tensors: [Tensor] {
        let (count, model) = (layout.count, state.model)
        let floats =
            [Tensor(name: "model", type: "F32", shape: [count], numbers: [.floats(model)])]
            + [
                Tensor(
                    name: "updates", type: "F32", shape: [contributions.count, count],
                    numbers: contributions.map { .floats($0.value.model(after: model)) })
            ]
            + state.vectors.sorted { $0.key < $1.key }.map { name, vector in
                Tensor(
                    name: Self.statePrefix + name, type: "F32", shape: [count],
                    numbers: [.floats(vector)])
            }
        func wholes(_ name: String, _ number: (Contribution) -> Int) -> Tensor {
            Tensor(
                name: name, type: "I64", shape: [contributions.count],
                numbers: [.wholes(contributions.map { Int64(number($0)) })])
        }
        // Those of eight bytes lie at a multiple of eight.
        return [
            wholes("weights", \.weight), wholes("samples", \.sampleCount),
            wholes("clients", \.client),
        ] + floats
    }

    /// Writes the file.
    /// - Throws: `FileError`.
    func write(to path: String) throws(FileError) {
        let tensors = tensors
        var (header, offset): ([String: JSONValue], Int) = ([:], 0)
        for tensor in tensors {
            let size = tensor.numbers.reduce(0) { $0 + $1.byteCount }
            header[tensor.name] = [
                "dtype": .string(tensor.type), "shape": .array(tensor.shape.map(JSONValue.integer)),
                "data_offsets": [.integer(offset), .integer(offset + size)],
            ]
            offset += size
        }
        header["__metadata__"] = [
            "round": .string("\(number)"), "population": .string("\(population)"),
            "seed": .string("\(seed)"), "layout": .string(layoutText),
        ]
        var text = JSONValue.object(header).encoded()
        // Spaces bring the numbers to a multiple of 64 bytes, as vectors like it.
        text += [UInt8](repeating: UInt8(ascii: " "), count: (64 - (8 + text.count) % 64) % 64)
        let head = withUnsafeBytes(of: UInt64(text.count).littleEndian) { [UInt8]($0) } + text

        // Written over, and not anew: its pages are in memory already, and in the program's.
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw FileError(path, .written) }
        defer { close(file) }
        var code = ftruncate(file, off_t(head.count + offset)) == 0 ? 0 : errno
        if code == 0 { code = writeAll(head, to: file) }
        for numbers in tensors.flatMap(\.numbers) where code == 0 {
            switch numbers {
            case .floats(let vector):
                code = vector.withUnsafeBufferPointer {
                    writeAll(UnsafeRawBufferPointer($0), to: file)
                }
            case .wholes(let wholes): code = wholes.withUnsafeBytes { writeAll($0, to: file) }
            }
        }
        guard code == 0 else { throw FileError(path, .written, code: code) }
    }

    /// The model's tensors as JSON: [["conv1/kernel", [3, 3, 1, 32]], …], in the vector's order.
    private var layoutText: String {
        let entries = layout.entries.map { entry in
            JSONValue.array([.string(entry.name), .array(entry.shape.map(JSONValue.integer))])
        }
        return String(decoding: JSONValue.array(entries).encoded(), as: UTF8.self)
    }
}
