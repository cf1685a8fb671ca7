import CZlib

/// A zip archive in memory, as numpy's `savez` writes them: entries that are stored or deflated, with or
/// without the 64-bit fields of zip64.
///
/// Source: PKWARE, "APPNOTE.TXT – .ZIP File Format Specification", version 6.3.10.
struct ZipArchive {
    /// One entry of the directory.
    struct Entry: Equatable {
        let name: String
        let isEncrypted: Bool
        let method: Int
        let checksum: UInt32
        let storedBytes: Int
        let byteCount: Int
        /// Where its local header begins.
        let start: Int
    }

    /// Most entries that are looked at.
    static let entryLimit = 1 << 16
    /// Bytes that are decompressed at once.
    private static let pieceSize = 1 << 18

    let path: String
    let entries: [Entry]
    private let bytes: [UInt8]
    /// Where the directory begins: entries lie before it.
    private let directoryStart: Int

    /// Reads the directory of an archive that `bytes` are; errors name it `path`.
    /// - Throws: `DatasetError.archive`.
    init(_ bytes: [UInt8], path: String) throws(DatasetError) {
        self.bytes = bytes
        self.path = path
        do throws(ArchiveProblem) {
            let directory = try ZipDirectory(bytes)
            entries = directory.entries
            directoryStart = directory.start
        } catch {
            throw .archive(file: path, error)
        }
    }

    /// Hands the bytes of an entry on, decompressed, a piece after the other, and checks them in the end.
    func read(
        _ entry: Entry, _ body: (UnsafeRawBufferPointer) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        let name = entry.name
        guard !entry.isEncrypted else { throw problem(.encrypted(entry: name)) }
        guard [0, 8].contains(entry.method) else {
            throw problem(.method(entry: name, entry.method))
        }
        guard entry.byteCount <= NPY.sizeLimit else {
            throw problem(.tooLarge(entry: name, limit: NPY.sizeLimit))
        }
        let range = try place(of: entry)
        var checksum = crc32_z(0, nil, 0)
        var count = 0
        try bytes.withUnsafeBufferPointer { bytes throws(DatasetError) in
            let stored = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[range]))
            func pieces(_ piece: UnsafeRawBufferPointer) throws(DatasetError) {
                count += piece.count
                // A bomb stops at its first piece too many.
                guard count <= entry.byteCount else {
                    throw problem(.size(entry: name, found: nil, expected: entry.byteCount))
                }
                checksum = crc32_z(
                    checksum, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), piece.count)
                try body(piece)
            }
            if entry.method == 0 {
                for start in stride(from: 0, to: stored.count, by: Self.pieceSize) {
                    let end = min(start + Self.pieceSize, stored.count)
                    try pieces(UnsafeRawBufferPointer(rebasing: stored[start..<end]))
                }
            } else {
                try inflate(stored, name, pieces)
            }
        }
        guard count == entry.byteCount else {
            throw problem(.size(entry: name, found: count, expected: entry.byteCount))
        }
        guard UInt32(truncatingIfNeeded: checksum) == entry.checksum else {
            throw problem(.checksum(entry: name))
        }
    }

    private func problem(_ problem: ArchiveProblem) -> DatasetError {
        .archive(file: path, problem)
    }

    /// Where an entry's bytes are: behind its local header, whose own sizes need not be right.
    private func place(of entry: Entry) throws(DatasetError) -> Range<Int> {
        let headerBytes = 30
        guard entry.start >= 0, entry.start <= directoryStart - headerBytes,
            bytes.zipWord(entry.start) == 0x0403_4B50
        else { throw problem(.misplaced(entry: entry.name)) }
        let start =
            entry.start + headerBytes + bytes.zipHalf(entry.start + 26)
            + bytes.zipHalf(entry.start + 28)
        guard start <= directoryStart, entry.storedBytes <= directoryStart - start else {
            throw problem(.misplaced(entry: entry.name))
        }
        return start..<start + entry.storedBytes
    }

    private func inflate(
        _ stored: UnsafeRawBufferPointer, _ name: String,
        _ body: (UnsafeRawBufferPointer) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        // zlib keeps the stream's address, so it must not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        // A negative size asks for deflate data without a header.
        guard czlib_inflate_init(stream, -15) == Z_OK else {
            throw problem(.corrupt(entry: name, reason: "zlib could not begin"))
        }
        defer { inflateEnd(stream) }
        let room = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.pieceSize, alignment: 64)
        defer { room.deallocate() }
        var consumed = 0
        while true {
            let available = UInt32(clamping: stored.count - consumed)
            stream.pointee.next_in = stored.baseAddress.map {
                UnsafeMutablePointer(
                    mutating: ($0 + consumed).assumingMemoryBound(to: UInt8.self))
            }
            stream.pointee.avail_in = available
            stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(room.count)
            let status = CZlib.inflate(stream, Z_NO_FLUSH)
            let read = Int(available - stream.pointee.avail_in)
            let written = room.count - Int(stream.pointee.avail_out)
            consumed += read
            if written > 0 { try body(UnsafeRawBufferPointer(rebasing: room[..<written])) }
            switch status {
            case Z_STREAM_END: return
            case Z_OK where read > 0 || written > 0: continue
            case Z_OK, Z_BUF_ERROR:
                throw problem(.corrupt(entry: name, reason: "it is cut short"))
            default:
                let reason =
                    stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
                throw problem(.corrupt(entry: name, reason: reason))
            }
        }
    }
}
