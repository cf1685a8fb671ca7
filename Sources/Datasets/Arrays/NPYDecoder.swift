/// An `.npy` file being read as its bytes come in, in pieces of any size.
///
/// Nothing is allocated that has not come: a header promises, and memory grows with what follows it.
struct NPYDecoder {
    private let name: String
    private let role: NumberArray.Role
    /// Bytes that may come in all, to make room for what a header promises.
    private let bytesAhead: Int
    private var header: NPYHeader?
    /// Bytes of the header, or of a number whose end is in the next piece.
    private var pending: [UInt8] = []
    /// Bytes of numbers that have come.
    private var dataBytes = 0
    private var bytes: [UInt8] = []
    private var wholes: [Int64] = []
    private var floats: [Float] = []

    init(name: String, role: NumberArray.Role, bytesAhead: Int) {
        self.name = name
        self.role = role
        self.bytesAhead = bytesAhead
    }

    /// Takes the next bytes in.
    /// - Throws: `DatasetError.array`.
    mutating func append(_ piece: UnsafeRawBufferPointer) throws(DatasetError) {
        do throws(ArrayProblem) {
            try take(piece)
        } catch {
            throw .array(name: name, error)
        }
    }

    /// The array, where all of it has come.
    /// - Throws: `DatasetError.array`.
    consuming func finish() throws(DatasetError) -> NumberArray {
        guard let header else { throw .array(name: name, .truncatedHeader) }
        guard dataBytes == header.dataBytes else {
            throw .array(name: name, .truncated(found: dataBytes, expected: header.dataBytes))
        }
        let numbers: NumberArray.Numbers
        if role == .samples, header.type.kind == .unsigned, header.type.size == 1 {
            numbers = .bytes(bytes)
        } else if role == .labels, header.type.kind != .float {
            numbers = .wholes(wholes)
        } else {
            numbers = .floats(floats)
        }
        let array = NumberArray(name: name, shape: header.shape, numbers: numbers)
        return header.isFortran ? array.fromFortranOrder() : array
    }

    private mutating func take(_ piece: UnsafeRawBufferPointer) throws(ArrayProblem) {
        guard let header else { return try takeHeader(piece) }
        dataBytes += piece.count
        guard dataBytes <= header.dataBytes else {
            throw .trailingBytes(expected: header.dataBytes)
        }
        let size = header.type.size
        var rest = piece[...]
        if !pending.isEmpty {
            let missing = min(size - pending.count, rest.count)
            pending.append(contentsOf: rest.prefix(missing))
            rest = rest.dropFirst(missing)
            guard pending.count == size else { return }
            pending.withUnsafeBytes { convert($0, header.type) }
            pending.removeAll(keepingCapacity: true)
        }
        let whole = rest.count / size * size
        convert(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)), header.type)
        pending.append(contentsOf: rest.dropFirst(whole))
    }

    private mutating func takeHeader(_ piece: UnsafeRawBufferPointer) throws(ArrayProblem) {
        var rest = piece[...]
        while true {
            let wanted = try NPYHeader.byteCount(pending) ?? pending.count + 1
            let missing = min(wanted - pending.count, rest.count)
            pending.append(contentsOf: rest.prefix(missing))
            rest = rest.dropFirst(missing)
            if pending.count == wanted, try NPYHeader.byteCount(pending) == wanted { break }
            if rest.isEmpty { return }
        }
        let header = try NPYHeader(pending)
        pending.removeAll(keepingCapacity: true)
        let count = min(header.count, max(bytesAhead, 0) / header.type.size + 1)
        if role == .samples, header.type.kind == .unsigned, header.type.size == 1 {
            bytes.reserveCapacity(count)
        } else if role == .labels, header.type.kind != .float {
            wholes.reserveCapacity(count)
        } else {
            floats.reserveCapacity(count)
        }
        self.header = header
        if !rest.isEmpty { try take(UnsafeRawBufferPointer(rebasing: rest)) }
    }

    // MARK: Numbers

    private mutating func convert(_ piece: UnsafeRawBufferPointer, _ type: NPYType) {
        switch (type.kind, type.size) {
        case (.float, 2): addFloats(piece, type) { Float(Float16(bitPattern: $0 as UInt16)) }
        case (.float, 4): addFloats(piece, type) { Float(bitPattern: $0 as UInt32) }
        case (.float, _): addFloats(piece, type) { Float(Double(bitPattern: $0 as UInt64)) }
        case (.bool, _): addWholes(piece, type) { ($0 as UInt8) == 0 ? 0 : 1 }
        case (.unsigned, 1) where role == .samples: bytes.append(contentsOf: piece)
        case (.unsigned, 1): addWholes(piece, type) { $0 as UInt8 }
        case (.unsigned, 2): addWholes(piece, type) { $0 as UInt16 }
        case (.unsigned, 4): addWholes(piece, type) { $0 as UInt32 }
        case (.unsigned, _): addWholes(piece, type) { $0 as UInt64 }
        case (.signed, 1): addWholes(piece, type) { Int8(bitPattern: $0 as UInt8) }
        case (.signed, 2): addWholes(piece, type) { Int16(bitPattern: $0 as UInt16) }
        case (.signed, 4): addWholes(piece, type) { Int32(bitPattern: $0 as UInt32) }
        case (.signed, _): addWholes(piece, type) { Int64(bitPattern: $0 as UInt64) }
        }
    }

    /// Adds whole numbers as what they become.
    private mutating func addWholes<Word: FixedWidthInteger, Whole: FixedWidthInteger>(
        _ piece: UnsafeRawBufferPointer, _ type: NPYType, _ number: (Word) -> Whole
    ) {
        if role == .samples { return addFloats(piece, type) { Float(number($0)) } }
        wholes += Self.words(piece, type) { Int64(clamping: number($0)) }
    }

    private mutating func addFloats<Word: FixedWidthInteger>(
        _ piece: UnsafeRawBufferPointer, _ type: NPYType, _ number: (Word) -> Float
    ) {
        floats += Self.words(piece, type, number)
    }

    private static func words<Word: FixedWidthInteger, Number>(
        _ piece: UnsafeRawBufferPointer, _ type: NPYType, _ number: (Word) -> Number
    ) -> [Number] {
        let total = piece.count / MemoryLayout<Word>.size
        return [Number](unsafeUninitializedCapacity: total) { places, count in
            while count < total {
                let word = piece.loadUnaligned(
                    fromByteOffset: count * MemoryLayout<Word>.size, as: Word.self)
                places.initializeElement(
                    at: count,
                    to: number(
                        type.isBigEndian ? Word(bigEndian: word) : Word(littleEndian: word)))
                count += 1
            }
        }
    }
}
