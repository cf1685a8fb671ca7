/// Appends JSON to a buffer of bytes, and hands it on whenever it is full.
///
/// Numbers are the shortest decimals that read back as the same bits; NaN and infinities, which
/// JSON has not, become null.
package struct JSONWriter<Failure: Error> {
    private var buffer: [UInt8] = []
    private let capacity: Int
    private let sink: ([UInt8]) throws(Failure) -> Void

    package init(capacity: Int = 1 << 20, sink: @escaping ([UInt8]) throws(Failure) -> Void) {
        self.capacity = capacity
        self.sink = sink
        buffer.reserveCapacity(capacity + 4096)
    }

    /// Hands on what is left.
    package mutating func finish() throws(Failure) {
        try sink(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func flushIfFull() throws(Failure) {
        if buffer.count >= capacity { try finish() }
    }

    package mutating func raw(_ text: String) {
        buffer.append(contentsOf: text.utf8)
    }

    package mutating func string(_ text: String) {
        buffer.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                buffer.append(UInt8(ascii: "\\"))
                buffer.append(byte)
            case 0x0A: raw("\\n")
            case 0..<0x20:
                raw(byte < 0x10 ? "\\u000" : "\\u00")
                raw(String(byte, radix: 16))
            default: buffer.append(byte)
            }
        }
        buffer.append(UInt8(ascii: "\""))
    }

    package mutating func value(_ value: JSONValue) throws(Failure) {
        switch value {
        case .null: raw("null")
        case .bool(let value): raw(value ? "true" : "false")
        case .integer(let value): raw("\(value)")
        case .unsigned(let value): raw("\(value)")
        case .number(let value): raw(value.isFinite ? "\(value)" : "null")
        case .string(let value): string(value)
        case .array(let elements):
            raw("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { raw(", ") }
                try self.value(element)
            }
            raw("]")
        case .object(let members):
            // Sorted, so that equal logs are equal files; ids as numbers, 9 before 10.
            let keys = members.keys.sorted { a, b in
                switch (Int(a), Int(b)) {
                case (let x?, let y?) where x != y: x < y
                case (nil, _?): false
                case (_?, nil): true
                default: a < b
                }
            }
            raw("{")
            for (index, key) in keys.enumerated() {
                if index > 0 { raw(", ") }
                string(key)
                raw(": ")
                try self.value(members[key] ?? .null)
            }
            raw("}")
        }
        try flushIfFull()
    }

    /// Nested lists of that shape, row by row; a single number for the shape [].
    /// - Precondition: `values` has as many elements as the shape.
    package mutating func nestedFloats(
        _ values: Slice<UnsafeBufferPointer<Float>>, shape: ArraySlice<Int>
    ) throws(Failure) {
        guard let count = shape.first else {
            float(values[values.startIndex])
            return
        }
        raw("[")
        if shape.count == 1 {
            for index in values.indices {
                if index > values.startIndex { raw(", ") }
                float(values[index])
                if buffer.count >= capacity { try finish() }
            }
        } else if count > 0 {
            let stride = values.count / count
            for row in 0..<count {
                if row > 0 { raw(", ") }
                let start = values.startIndex + row * stride
                try nestedFloats(values[start..<start + stride], shape: shape.dropFirst())
            }
        }
        raw("]")
    }

    private mutating func float(_ value: Float) {
        raw(value.isFinite ? value.description : "null")
    }
}
