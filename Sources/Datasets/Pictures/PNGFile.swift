import CPNG

/// Reading of PNG files by libpng: 8 bits a channel, whatever they were stored as.
///
/// Source: ISO/IEC 15948, "Portable Network Graphics (PNG)".
package struct PNGFile: Equatable, Sendable {
    /// Columns.
    package let width: Int
    /// Rows.
    package let height: Int
    /// 1 for grey, 3 for red, green and blue; one more where there is transparency.
    package let channels: Int
    /// [H][W][C].
    package let pixels: [UInt8]

    /// The first bytes of each such file.
    package static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    /// Bytes of a file at most.
    static let byteLimit = 1 << 28

    /// Width and height by the header, without a pixel decoded.
    /// - Throws: `PictureError`.
    package static func size(
        of bytes: [UInt8], file: String
    ) throws(PictureError) -> (width: Int, height: Int) {
        guard bytes.starts(with: signature) else { throw PictureError(file, .noPNG) }
        let headerBytes = 33
        guard bytes.count >= headerBytes else {
            throw PictureError(file, .corrupt(reason: "it is cut short"))
        }
        func word(_ place: Int) -> Int {
            bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        guard word(8) == 13, Array(bytes[12..<16]) == Array("IHDR".utf8) else {
            throw PictureError(file, .corrupt(reason: "it does not begin with its header"))
        }
        let (width, height) = (word(16), word(20))
        guard (1...Int(Int32.max)).contains(width), (1...Int(Int32.max)).contains(height) else {
            throw PictureError(file, .corrupt(reason: "its size is \(width)×\(height)"))
        }
        return (width, height)
    }

    /// Decodes a file that has the size which is wanted: of any other the header alone is looked at, so that
    /// no file, however small, can ask for more memory than that.
    /// - Parameter file: what errors name.
    /// - Throws: `PictureError`.
    package init(
        _ bytes: [UInt8], width: Int, height: Int, file: String
    ) throws(PictureError) {
        let size = try Self.size(of: bytes, file: file)
        guard size == (width, height) else {
            throw PictureError(
                file, .size(found: [size.height, size.width], expected: [height, width]))
        }
        let most = 4
        let capacity = width.multipliedReportingOverflow(by: height).0
            .multipliedReportingOverflow(by: most)
        guard !capacity.overflow, capacity.partialValue <= Self.byteLimit else {
            throw PictureError(file, .tooLarge(limit: Self.byteLimit / most))
        }
        var channels: Int32 = 0
        var problem: String?
        var isCut = false
        var pixels = [UInt8](repeating: 0, count: capacity.partialValue)
        bytes.withUnsafeBufferPointer { bytes in
            var source = cpng_source()
            source.bytes = bytes.baseAddress
            source.count = bytes.count
            let status = pixels.withUnsafeMutableBufferPointer { room in
                cpng_decode(
                    &source, UInt32(width), UInt32(height), room.baseAddress, room.count,
                    &channels)
            }
            guard status != 0 else { return }
            isCut = source.is_cut != 0
            problem = withUnsafeBytes(of: source.problem) { text in
                String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        if let problem {
            throw PictureError(file, .corrupt(reason: isCut ? "it is cut short" : problem))
        }
        pixels.removeLast(pixels.count - width * height * Int(channels))
        self.width = width
        self.height = height
        self.channels = Int(channels)
        self.pixels = pixels
    }

    /// The same with as many channels as a model takes, none of them changed: a last channel of transparency
    /// goes where everything is opaque.
    /// - Throws: `PictureError` where there is another number, or something transparent.
    package func pixels(channels wanted: Int, file: String) throws(PictureError) -> [UInt8] {
        if channels == wanted { return pixels }
        let hasTransparency = channels == 2 || channels == 4
        guard hasTransparency, channels == wanted + 1 else {
            throw PictureError(file, .channels(found: channels, expected: wanted))
        }
        var kept: [UInt8] = []
        kept.reserveCapacity(width * height * wanted)
        for start in stride(from: 0, to: pixels.count, by: channels) {
            guard pixels[start + wanted] == 255 else { throw PictureError(file, .transparent) }
            kept += pixels[start..<start + wanted]
        }
        return kept
    }
}
