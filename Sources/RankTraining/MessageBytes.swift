import Federation
import Parameters

/// A message between ranks as it is written: numbers as they are in memory, so that vectors are
/// copied and every Double arrives.
///
/// Ranks are the same program, and read in the order in which it was written: nothing says what a
/// byte is of.
struct MessageWriter {
    /// What has been written.
    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: some BitwiseCopyable) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ text: String) {
        write(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func write<Number: BitwiseCopyable>(_ numbers: [Number]) {
        write(numbers.count)
        numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ vector: ParameterVector) {
        write(vector.count)
        vector.withUnsafeBufferPointer { bytes.append(contentsOf: UnsafeRawBufferPointer($0)) }
    }

    mutating func write(_ named: [String: ParameterVector]) {
        write(named.count)
        for (name, vector) in named {
            write(name)
            write(vector)
        }
    }

    mutating func write(_ evaluation: Evaluation?) {
        write(evaluation != nil)
        guard let evaluation else { return }
        write(evaluation.accuracy)
        write(evaluation.loss)
        write(evaluation.count)
    }

    mutating func write(_ failure: ClientFailure?) {
        write(failure != nil)
        guard let failure else { return }
        write(failure.kind.rawValue)
        write(failure.reason)
    }
}

/// A message between ranks as it is read: what its writer wrote, in the same order.
struct MessageReader {
    private let bytes: [UInt8]
    private var start = 0

    /// The message from its beginning.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private mutating func take<Result>(
        _ count: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        defer { start += count }
        return bytes.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
        }
    }

    mutating func read<Value: BitwiseCopyable>(_ type: Value.Type = Value.self) -> Value {
        take(MemoryLayout<Value>.size) { $0.loadUnaligned(as: type) }
    }

    mutating func text() -> String {
        let count = read(Int.self)
        return take(count) { String(decoding: $0, as: UTF8.self) }
    }

    mutating func numbers<Number: BitwiseCopyable>(_ type: Number.Type = Number.self) -> [Number] {
        let count = read(Int.self)
        return (0..<count).map { _ in read() }
    }

    mutating func vector() -> ParameterVector {
        let count = read(Int.self)
        return take(MemoryLayout<Float>.stride * count) { bytes in
            ParameterVector(unsafeUninitializedCount: count) {
                UnsafeMutableRawBufferPointer($0).copyMemory(from: bytes)
            }
        }
    }

    mutating func vectors() -> [String: ParameterVector] {
        var named: [String: ParameterVector] = [:]
        for _ in 0..<read(Int.self) {
            let name = text()
            named[name] = vector()
        }
        return named
    }

    /// A number; nil for NaN, as which one that is not there is written.
    mutating func figure() -> Double? {
        let value = read(Double.self)
        return value.isNaN ? nil : value
    }

    mutating func evaluation() -> Evaluation? {
        guard read(Bool.self) else { return nil }
        return Evaluation(accuracy: read(), loss: read(), count: read())
    }

    mutating func failure() -> ClientFailure? {
        guard read(Bool.self) else { return nil }
        let kind = ClientFailure.Kind(rawValue: text())
        return ClientFailure(kind ?? .error, reason: text())
    }
}
