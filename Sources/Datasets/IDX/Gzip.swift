import CZlib

/// Decompression of gzip data (RFC 1952) held in memory.
package enum Gzip {
    /// Whether `bytes` begin as gzip data does.
    static func isGzip(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.starts(with: [0x1F, 0x8B])
    }

    /// All that `bytes` decompress to, at most `limit` bytes.
    package static func inflate(
        _ bytes: [UInt8], limit: Int, file: String
    ) throws(DatasetError) -> [UInt8] {
        var stream = try GzipStream(bytes, file: file)
        var output: [UInt8] = []
        try stream.read(into: &output, upTo: limit + 1)
        if output.count > limit { throw .fileTooLarge(file: file, limit: limit) }
        return output
    }
}

/// Gzip data being decompressed, as far as is asked for; members that follow one another are read
/// as one, zeros that pad the end are passed over.
package struct GzipStream: ~Copyable {
    private static let chunkSize = 1 << 20

    private let input: [UInt8]
    private let file: String
    // zlib keeps the stream's address, so it must not move.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var consumed = 0
    private var finished = false

    /// Begins with `input`, which is to be gzip data.
    package init(_ input: [UInt8], file: String) throws(DatasetError) {
        self.input = input
        self.file = file
        stream.initialize(to: z_stream())
        // 16 asks for a gzip header, 15 for the largest window.
        guard czlib_inflate_init(stream, 16 + 15) == Z_OK else {
            throw .corruptGzip(file: file, reason: "zlib could not begin")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Appends decompressed bytes until `output` holds `size` or the data end.
    package mutating func read(into output: inout [UInt8], upTo size: Int) throws(DatasetError) {
        // Memory grows with what comes out and not with what a header promises.
        while output.count < size, !finished {
            let start = output.count
            let room = min(size - start, Self.chunkSize)
            output.append(contentsOf: repeatElement(0, count: room))
            var written = 0
            // As many calls as fill that room: a file may be all members that hold little or nothing,
            // and fresh room for each of them would cost far more than they do.
            repeat {
                do {
                    written += try output.withUnsafeMutableBufferPointer {
                        buffer throws(DatasetError) in
                        try step(
                            into: UnsafeMutableBufferPointer(
                                rebasing: buffer[(start + written)...]))
                    }
                } catch {
                    output.removeLast(room)
                    throw error
                }
            } while written < room && !finished
            output.removeLast(room - written)
        }
    }

    /// One call of zlib; returns how many bytes it wrote.
    private mutating func step(
        into output: UnsafeMutableBufferPointer<UInt8>
    ) throws(DatasetError) -> Int {
        let (status, read, written) = input.withUnsafeBufferPointer { source in
            let available = UInt32(clamping: source.count - consumed)
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: source.baseAddress.map { $0 + consumed })
            stream.pointee.avail_in = available
            stream.pointee.next_out = output.baseAddress
            stream.pointee.avail_out = UInt32(output.count)
            let status = CZlib.inflate(stream, Z_NO_FLUSH)
            return (
                status, Int(available - stream.pointee.avail_in),
                output.count - Int(stream.pointee.avail_out)
            )
        }
        consumed += read
        switch status {
        case Z_OK where read > 0 || written > 0: break
        case Z_STREAM_END: try endMember()
        case Z_OK, Z_BUF_ERROR: throw .truncatedGzip(file: file)
        default:
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
            throw .corruptGzip(file: file, reason: reason)
        }
        return written
    }

    /// Looks at what follows a member: another one, or nothing that counts.
    private mutating func endMember() throws(DatasetError) {
        let rest = input[consumed...]
        if Gzip.isGzip(rest) {
            inflateReset(stream)
        } else if rest.allSatisfy({ $0 == 0 }) {
            finished = true
        } else {
            throw .corruptGzip(
                file: file, reason: "\(rest.count) bytes follow the end of the compressed data")
        }
    }
}
