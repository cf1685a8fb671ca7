import CZlib

/// A small picture as PNG (ISO/IEC 15948): eight bits a channel, grey or red, green and blue.
public enum PNGImage {
    /// A picture's file.
    /// - Parameters:
    ///   - pixels: brightness, 0 to 255, [H][W][C].
    ///   - channels: 1 for grey, 3 for colours.
    /// - Precondition: H, W > 0, C is 1 or 3, and there are H·W·C pixels.
    public static func encoded(
        _ pixels: some Collection<UInt8>, height: Int, width: Int, channels: Int
    ) -> [UInt8] {
        precondition(
            height > 0 && width > 0 && [1, 3].contains(channels)
                && pixels.count == height * width * channels,
            "\(pixels.count) pixels are no picture of \(height) × \(width) × \(channels)")
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        // Eight bits, the kind of colour, and the only compression, filters and order of lines there are.
        let header = bigEndian(width) + bigEndian(height) + [8, channels == 1 ? 0 : 2, 0, 0, 0]
        append("IHDR", header, to: &file)
        append("IDAT", compressed(lines(pixels, width * channels)), to: &file)
        append("IEND", [], to: &file)
        return file
    }

    /// Each line after the number of its filter: 0, for none.
    private static func lines(_ pixels: some Collection<UInt8>, _ size: Int) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(pixels.count / size * (size + 1))
        for (position, pixel) in pixels.enumerated() {
            if position % size == 0 { lines.append(0) }
            lines.append(pixel)
        }
        return lines
    }

    private static func append(_ kind: String, _ data: [UInt8], to file: inout [UInt8]) {
        let body = Array(kind.utf8) + data
        let sum = body.withUnsafeBufferPointer {
            crc32(0, $0.baseAddress, UInt32($0.count))
        }
        file += bigEndian(data.count) + body + bigEndian(Int(sum))
    }

    private static func bigEndian(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// By a window of 4 KB, which small pictures fit in and which is soon made.
    private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var input = bytes
        // zlib keeps the stream's address, so it must not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        // It fails where there is no memory left, in which a program does not go on anyway.
        precondition(czlib_deflate_init(stream, 6, 12) == Z_OK, "zlib could not begin")
        defer { deflateEnd(stream) }
        var output = [UInt8](repeating: 0, count: Int(deflateBound(stream, UInt(input.count))))
        let count = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.pointee.next_in = source.baseAddress
                stream.pointee.avail_in = UInt32(source.count)
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = UInt32(target.count)
                precondition(
                    deflate(stream, Z_FINISH) == Z_STREAM_END, "zlib's bound was too low")
                return target.count - Int(stream.pointee.avail_out)
            }
        }
        return Array(output.prefix(count))
    }
}
