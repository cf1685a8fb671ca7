/// Reading of IDX files, the format that MNIST came in: a big-endian header, then bytes.
///
/// Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
package enum IDX {
    /// Most bytes that a file may have, decompressed: 2 GiB.
    static let sizeLimit = 1 << 31

    /// A header that has been checked.
    package struct Header: Equatable {
        let kind: IDXKind
        /// [N][H][W] or [N].
        package let dimensions: [Int]

        /// Bytes of the file in all, header included.
        var fileSize: Int { kind.headerSize + dimensions.reduce(1, *) }

        /// Reads the header at the start of `bytes`.
        init(_ bytes: some RandomAccessCollection<UInt8>, kind: IDXKind, file: String)
            throws(DatasetError)
        {
            func word(_ index: Int) -> UInt32 {
                bytes.dropFirst(4 * index).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
            }
            // A file of another kind may also be short: what it is says more.
            if bytes.count >= 4, word(0) != kind.magic {
                throw .wrongMagic(file: file, kind: kind, found: word(0))
            }
            guard bytes.count >= kind.headerSize else {
                throw .truncatedHeader(
                    file: file, found: bytes.count, expected: kind.headerSize)
            }
            let dimensions = (1...kind.dimensionCount).map { Int(word($0)) }
            var data = 1
            for dimension in dimensions {
                let (product, overflows) = data.multipliedReportingOverflow(by: dimension)
                guard dimension > 0, !overflows, product <= IDX.sizeLimit - kind.headerSize else {
                    throw .impossibleDimensions(file: file, dimensions: dimensions)
                }
                data = product
            }
            self.kind = kind
            self.dimensions = dimensions
        }
    }

    /// An IDX file in memory, decompressed and of the size that its header declares.
    package struct File {
        let path: String
        package let header: Header
        /// The whole file, header included.
        package let bytes: [UInt8]

        /// The bytes after the header.
        package var contents: [UInt8] { Array(bytes[header.kind.headerSize...]) }
    }

    /// Reads the file at `path`, plain or gzip.
    package static func read(_ path: String, kind: IDXKind) throws(DatasetError) -> File {
        try decode(try readFile(path, limit: sizeLimit), kind: kind, file: path)
    }

    /// Reads a file's bytes, plain or gzip; errors name it `path`.
    package static func decode(
        _ stored: [UInt8], kind: IDXKind, file path: String
    ) throws(DatasetError) -> File {
        guard Gzip.isGzip(stored) else {
            let header = try Header(stored, kind: kind, file: path)
            if stored.count > header.fileSize {
                throw .trailingBytes(
                    file: path, found: stored.count, expected: header.fileSize)
            }
            return try File(path: path, header: header, checked: stored)
        }
        // The header says how much may come out: a gzip bomb is stopped at its first byte too many.
        var stream = try GzipStream(stored, file: path)
        var bytes: [UInt8] = []
        try stream.read(into: &bytes, upTo: kind.headerSize)
        let header = try Header(bytes, kind: kind, file: path)
        try stream.read(into: &bytes, upTo: header.fileSize + 1)
        if bytes.count > header.fileSize {
            throw .trailingBytes(file: path, found: nil, expected: header.fileSize)
        }
        return try File(path: path, header: header, checked: bytes)
    }
}

extension IDX.File {
    fileprivate init(path: String, header: IDX.Header, checked bytes: [UInt8])
        throws(DatasetError)
    {
        guard bytes.count == header.fileSize else {
            throw .truncated(file: path, found: bytes.count, expected: header.fileSize)
        }
        self.init(path: path, header: header, bytes: bytes)
    }
}
