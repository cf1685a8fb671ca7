import CZlib
import Datasets
import Foundation
import TestThreads
import Testing

/// A PNG file of rows as they are stored, for what `PNGImage` does not write.
private func png(
    width: Int, height: Int, bits: UInt8, colour: UInt8, rows: [[UInt8]],
    chunks: [(String, [UInt8])] = []
) -> [UInt8] {
    func word(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 0xFF) } }
    func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + content
        return word(content.count) + body + word(Int(crc32(0, body, UInt32(body.count))))
    }
    let raw = rows.flatMap { row -> [UInt8] in [0] + row }
    var count = compressBound(UInt(raw.count))
    var packed = [UInt8](repeating: 0, count: Int(count))
    #expect(compress2(&packed, &count, raw, UInt(raw.count), 9) == Z_OK)
    return PNGFile.signature
        + chunk("IHDR", word(width) + word(height) + [bits, colour, 0, 0, 0])
        + chunks.flatMap { chunk($0.0, $0.1) }
        + chunk("IDAT", Array(packed[..<Int(count)])) + chunk("IEND", [])
}

@Suite("PNG files, read", .holdsItsThread)
struct PNGFileTests {
    private func problem(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing is wrong"
        } catch { return "\(error)" }
    }

    @Test("What is written is read again, pixel by pixel", arguments: [1, 3])
    func roundTrip(channels: Int) throws {
        let pixels = (0..<5 * 7 * channels).map { UInt8($0 * 37 & 0xFF) }
        let image = PNGImage.encoded(pixels, height: 5, width: 7, channels: channels)
        let file = try PNGFile(image, width: 7, height: 5, file: "a.png")
        #expect(file.channels == channels)
        #expect(file.pixels == pixels)
    }

    @Test("Few bits, palettes and 16 bits become bytes")
    func transforms() throws {
        let bits = png(width: 8, height: 2, bits: 1, colour: 0, rows: [[0b1010_0001], [0xFF]])
        let two = try PNGFile(bits, width: 8, height: 2, file: "b")
        #expect(two.channels == 1)
        #expect(two.pixels == [255, 0, 255, 0, 0, 0, 0, 255] + [UInt8](repeating: 255, count: 8))
        let wide = png(width: 2, height: 1, bits: 16, colour: 0, rows: [[0x12, 0xFF, 0xAB, 0]])
        #expect(try PNGFile(wide, width: 2, height: 1, file: "w").pixels == [0x12, 0xAB])
        let palette = png(
            width: 2, height: 1, bits: 8, colour: 3, rows: [[1, 0]],
            chunks: [("PLTE", [1, 2, 3, 250, 251, 252])])
        let colours = try PNGFile(palette, width: 2, height: 1, file: "p")
        #expect(colours.channels == 3)
        #expect(colours.pixels == [250, 251, 252, 1, 2, 3])
    }

    @Test("A channel of transparency goes where everything is opaque, and is refused elsewhere")
    func transparency() throws {
        let opaque = png(width: 2, height: 1, bits: 8, colour: 4, rows: [[7, 255, 9, 255]])
        let file = try PNGFile(opaque, width: 2, height: 1, file: "o.png")
        #expect(try file.pixels(channels: 1, file: "o.png") == [7, 9])
        #expect(try file.pixels(channels: 2, file: "o.png") == [7, 255, 9, 255])
        #expect(
            problem { _ = try file.pixels(channels: 3, file: "o.png") }
                == "o.png is grey with transparency, 2 channels: the model takes of colours, 3 channels"
        )
        let clear = png(width: 2, height: 1, bits: 8, colour: 4, rows: [[7, 255, 9, 254]])
        let other = try PNGFile(clear, width: 2, height: 1, file: "c.png")
        #expect(
            problem { _ = try other.pixels(channels: 1, file: "c.png") }
                == "c.png has transparent pixels: put it on a background, and save it without transparency"
        )
    }

    @Test("Cut anywhere, a file is refused, and so is one with a byte changed in its pixels")
    func cut() throws {
        let pixels = (0..<64).map { UInt8($0 * 11 & 0xFF) }
        let whole = PNGImage.encoded(pixels, height: 8, width: 8, channels: 1)
        for count in 8..<whole.count {
            let sentence = problem {
                _ = try PNGFile(Array(whole[..<count]), width: 8, height: 8, file: "x.png")
            }
            #expect(sentence == "x.png is no sound PNG file: it is cut short", "at \(count)")
        }
        var changed = whole
        changed[50] ^= 0xFF
        #expect(
            problem { _ = try PNGFile(changed, width: 8, height: 8, file: "x.png") }
                .hasPrefix("x.png is no sound PNG file: "))
        #expect(
            problem { _ = try PNGFile(Array("text".utf8), width: 8, height: 8, file: "x.txt") }
                == "x.txt is no PNG file")
    }

    @Test("A file that asks for more pixels than the model takes is not decoded")
    func bomb() {
        let huge = png(width: 60_000, height: 60_000, bits: 8, colour: 2, rows: [[0, 0, 0]])
        #expect(
            problem { _ = try PNGFile(huge, width: 28, height: 28, file: "huge.png") }
                == "huge.png has images of 60000×60000 pixels: the model takes 28×28")
        // Even a model of that size would not have it.
        #expect(
            problem { _ = try PNGFile(huge, width: 60_000, height: 60_000, file: "huge.png") }
                == "huge.png has more than the 67,108,864 pixels that are read")
    }

    // MARK: Files of samples

    private func write(_ bytes: [UInt8], _ name: String, in folder: URL) throws -> String {
        let file = folder.appending(path: name)
        try Data(bytes).write(to: file)
        return file.path
    }

    private func inFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "pictures-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func npy(_ shape: String, _ type: String, _ bytes: [UInt8]) -> [UInt8] {
        var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
        while (header.utf8.count + 11) % 64 != 0 { header += " " }
        header += "\n"
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]
            + Array(header.utf8) + bytes
    }

    @Test("IDX, .npy and PNG hold the same samples, one of them or many")
    func forms() throws {
        try inFolder { folder in
            let pixels = (0..<12).map { UInt8($0 * 20) }
            let idx = try write(
                [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2] + pixels, "i", in: folder)
            let many = try write(npy("(2, 3, 2)", "|u1", pixels), "m.npy", in: folder)
            let last = try write(npy("(2, 3, 2, 1)", "|u1", pixels), "l.npy", in: folder)
            for path in [idx, many, last] {
                let file = try SampleFile(path, shape: [3, 2, 1], outputs: 10)
                #expect(file.samples.pixels == pixels)
                #expect(file.samples.count == 2)
                #expect(file.array == nil)
            }
            let one = try write(npy("(3, 2)", "|u1", Array(pixels[..<6])), "o.npy", in: folder)
            let image = PNGImage.encoded(pixels[..<6], height: 3, width: 2, channels: 1)
            let picture = try write(image, "p.png", in: folder)
            for path in [one, picture] {
                let file = try SampleFile(path, shape: [3, 2, 1], outputs: 10)
                #expect(file.samples.pixels == Array(pixels[..<6]))
                #expect(file.samples.count == 1)
            }
        }
    }

    @Test("What is no samples of the model is named in a sentence")
    func refused() throws {
        try inFolder { folder in
            func sentence(_ name: String, _ bytes: [UInt8], _ shape: [Int] = [28, 28, 1]) -> String
            {
                problem {
                    let path = try write(bytes, name, in: folder)
                    _ = try SampleFile(path, shape: shape, outputs: 10)
                }.replacing(folder.path + "/", with: "")
            }
            #expect(
                sentence("t.txt", Array("a text".utf8))
                    == "t.txt is no file of samples: IDX images, numpy's .npy or .npz, or PNG was expected"
            )
            #expect(sentence("e", []).hasPrefix("e is no file of samples: "))
            #expect(
                sentence("s.npy", npy("(1, 14, 14)", "|u1", [UInt8](repeating: 0, count: 196)))
                    == "s.npy has images of 14×14 pixels: the model takes 28×28")
            #expect(
                sentence("f.npy", npy("(2, 3)", "|u1", [0, 0, 0, 0, 0, 0]), [4])
                    == "f.npy has the shape (2, 3): the model takes samples of 4, (N, 4)")
            #expect(
                sentence("n.npy", npy("(2,)", "<f4", [0, 0, 0, 0, 0, 0, 0xC0, 0x7F]), [2])
                    == "n.npy has a number in sample 0 that is not finite")
            let image = PNGImage.encoded(
                [UInt8](repeating: 9, count: 3 * 784), height: 28, width: 28, channels: 3)
            #expect(
                sentence("c.png", image)
                    == "c.png is of colours, 3 channels: the model takes grey, 1 channel")
            #expect(
                sentence("c.png", image, [784])
                    == "c.png has images: the model takes rows of 784 numbers, as .npy holds them")
            #expect(
                problem {
                    _ = try SampleFile(folder.path + "/none", shape: [784], outputs: 10)
                }.hasSuffix("/none cannot be read: No such file or directory"))
            #expect(
                problem { _ = try SampleFile(folder.path, shape: [784], outputs: 10) }
                    .hasSuffix(" cannot be read: it is not an ordinary file"))
        }
    }
}
