/// Records of CIFAR's files as they come in, with their images as pixels of three channels.
package struct CIFARRecords {
    private let kind: CIFARKind
    /// [N][32][32][3].
    package private(set) var pixels: [UInt8] = []
    /// N classes.
    package private(set) var labels: [Int32] = []

    /// None yet.
    package init(_ kind: CIFARKind) { self.kind = kind }

    /// Records that are read at once.
    private static let pieceRecords = 256
    /// Most bytes of a file: 2 GiB.
    static let sizeLimit = IDX.sizeLimit

    /// Makes room for the records of `byteCount` bytes that are there to be read.
    mutating func reserve(byteCount: Int) {
        let count = byteCount / kind.recordBytes
        labels.reserveCapacity(count)
        pixels.reserveCapacity(count * CIFARKind.channels * CIFARKind.planeBytes)
    }

    /// Adds the records of the file at `path`, plain or gzip.
    /// - Throws: `DatasetError`.
    mutating func read(_ path: String) throws(DatasetError) {
        let file = try OpenFile(path, limit: Self.sizeLimit)
        if Gzip.isGzip(try file.beginning(2)) {
            return try decode(readFile(path, limit: Self.sizeLimit), file: path)
        }
        let first = labels.count
        guard file.byteCount > 0, file.byteCount % kind.recordBytes == 0 else {
            throw .cutRecord(
                file: path, bytes: file.byteCount, recordBytes: kind.recordBytes)
        }
        try file.forEachPiece(size: Self.pieceRecords * kind.recordBytes) {
            piece throws(DatasetError) in
            guard piece.count % kind.recordBytes == 0 else {
                throw .cutRecord(file: path, bytes: piece.count, recordBytes: kind.recordBytes)
            }
            try append(piece, file: path, first: first)
        }
    }

    /// Adds the records of a file's bytes, plain or gzip; errors name it `file`.
    package mutating func decode(_ bytes: [UInt8], file: String) throws(DatasetError) {
        let first = labels.count
        guard Gzip.isGzip(bytes) else {
            guard !bytes.isEmpty, bytes.count % kind.recordBytes == 0 else {
                throw .cutRecord(file: file, bytes: bytes.count, recordBytes: kind.recordBytes)
            }
            return try bytes.withUnsafeBufferPointer { bytes throws(DatasetError) in
                try append(UnsafeRawBufferPointer(bytes), file: file, first: first)
            }
        }
        var stream = try GzipStream(bytes, file: file)
        var piece: [UInt8] = []
        var count = 0
        repeat {
            piece.removeAll(keepingCapacity: true)
            try stream.read(into: &piece, upTo: Self.pieceRecords * kind.recordBytes)
            count += piece.count
            guard count <= Self.sizeLimit else {
                throw .fileTooLarge(file: file, limit: Self.sizeLimit)
            }
            guard piece.count % kind.recordBytes == 0 else {
                throw .cutRecord(file: file, bytes: count, recordBytes: kind.recordBytes)
            }
            try piece.withUnsafeBufferPointer { piece throws(DatasetError) in
                try append(UnsafeRawBufferPointer(piece), file: file, first: first)
            }
        } while !piece.isEmpty
        guard count > 0 else {
            throw .cutRecord(file: file, bytes: 0, recordBytes: kind.recordBytes)
        }
    }

    /// Adds whole records.
    /// - Parameter first: how many records there were before the file's.
    private mutating func append(
        _ records: UnsafeRawBufferPointer, file: String, first: Int
    ) throws(DatasetError) {
        let counts = kind.labelCounts
        let imageBytes = CIFARKind.channels * CIFARKind.planeBytes
        let added = records.count / kind.recordBytes
        for record in 0..<added {
            let start = record * kind.recordBytes
            for (place, classes) in counts.enumerated() where records[start + place] >= classes {
                throw .labelOutOfRange(
                    file: file, position: labels.count - first,
                    label: Int(records[start + place]), classes: classes)
            }
            labels.append(Int32(records[start + counts.count - 1]))
        }
        let place = pixels.count
        pixels.append(contentsOf: repeatElement(0, count: added * imageBytes))
        pixels.withUnsafeMutableBufferPointer { pixels in
            guard let target = pixels.baseAddress,
                let source = records.baseAddress?.assumingMemoryBound(to: UInt8.self)
            else { return }
            for record in 0..<added {
                Self.interleave(
                    source + record * kind.recordBytes + counts.count,
                    to: target + place + record * imageBytes)
            }
        }
    }

    /// From three planes to pixels of three channels.
    private static func interleave(
        _ planes: UnsafePointer<UInt8>, to pixels: UnsafeMutablePointer<UInt8>
    ) {
        let size = CIFARKind.planeBytes
        let (red, green, blue) = (planes, planes + size, planes + 2 * size)
        for pixel in 0..<size {
            pixels[3 * pixel] = red[pixel]
            pixels[3 * pixel + 1] = green[pixel]
            pixels[3 * pixel + 2] = blue[pixel]
        }
    }
}
