import CZlib
import Datasets
import TestThreads
import Testing

@Suite("Samples as pictures", .holdsItsThread)
struct PictureTests {
    /// What a PNG file says, read back piece by piece.
    private struct Picture: Equatable {
        var header: [UInt8] = []
        var pixels: [UInt8] = []

        init(_ file: [UInt8]) throws {
            #expect(Array(file.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
            var rest = file.dropFirst(8)
            var kinds: [String] = []
            while !rest.isEmpty {
                let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
                let body = Array(rest.dropFirst(4).prefix(4 + count))
                let sum = rest.dropFirst(8 + count).prefix(4).reduce(UInt(0)) { $0 << 8 | UInt($1) }
                #expect(crc32(0, body, UInt32(body.count)) == sum)
                let kind = String(decoding: body.prefix(4), as: UTF8.self)
                kinds.append(kind)
                let data = Array(body.dropFirst(4))
                if kind == "IHDR" { header = data }
                if kind == "IDAT" {
                    var size = UInt(1 << 16)
                    pixels = [UInt8](repeating: 0, count: Int(size))
                    #expect(uncompress(&pixels, &size, data, UInt(data.count)) == Z_OK)
                    pixels.removeLast(pixels.count - Int(size))
                }
                rest = rest.dropFirst(12 + count)
            }
            #expect(kinds == ["IHDR", "IDAT", "IEND"])
        }
    }

    @Test("Grey and coloured pictures hold their pixels, line by line", arguments: [1, 3])
    func pixels(channels: Int) throws {
        let (height, width) = (64, 63)
        let size = height * width * channels
        let bytes: [UInt8] = (0..<2 * size).map { (index: Int) in
            UInt8(truncatingIfNeeded: (index &* 2_654_435_761) >> 7)
        }
        let samples = try Samples(
            pixels: bytes, labels: [0, 1], height: height, width: width, channels: channels)
        let picture = try Picture(try #require(samples.picture(1)))
        let colour: UInt8 = channels == 1 ? 0 : 2
        let header: [UInt8] = [0, 0, 0, 63, 0, 0, 0, 64, 8, colour, 0, 0, 0]
        #expect(picture.header == header)
        var lines: [UInt8] = []
        let length = width * channels
        for line in 0..<height {
            let start = size + line * length
            lines.append(0)
            lines += bytes[start..<start + length]
        }
        #expect(picture.pixels == lines)
    }

    @Test("Floats of 0 to 1 are brightness; others, and what is no picture, have none")
    func floats() throws {
        let samples = try Samples(
            values: [0, 0.5, 1, 0.25, 0, 0, 0, 1.5], labels: [0, 1], height: 2, width: 2)
        let picture = try Picture(try #require(samples.picture(0)))
        #expect(picture.pixels == [0, 0, 128, 0, 255, 64])
        #expect(samples.picture(1) == nil)
        let features = try Samples(
            features: [0, 1], featureCount: 2, labels: [0], classCount: 2)
        #expect(features.picture(0) == nil)
        let wide = try Samples(
            pixels: [UInt8](repeating: 1, count: 65), labels: [0], height: 1, width: 65)
        #expect(wide.picture(0) == nil)
        let layers = try Samples(
            pixels: [1, 2], labels: [0], height: 1, width: 1, channels: 2)
        #expect(layers.picture(0) == nil)
    }
}
