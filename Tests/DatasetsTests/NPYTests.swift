import Datasets
import Parameters
import TestThreads
import Testing

@Suite("Arrays in .npy files", .holdsItsThread)
struct NPYTests {
    private func sentence(_ bytes: [UInt8], as role: NumberArray.Role = .samples) -> String? {
        failure { () throws(DatasetError) in
            _ = try NPY.decode(bytes, name: "FILE", as: role)
        }?.description
    }

    /// A type, its bytes of −2, 0 and 3 (or of 1, 0 and 3), and what they are.
    private static let types: [(type: String, bytes: [UInt8], values: [Int])] = [
        ("|b1", [1, 0, 7], [1, 0, 1]), ("|u1", [1, 0, 3], [1, 0, 3]),
        ("|i1", wholes([-2, 0, 3], 1), [-2, 0, 3]),
        ("<u2", wholes([1, 0, 3], 2), [1, 0, 3]), ("<i2", wholes([-2, 0, 3], 2), [-2, 0, 3]),
        ("<u4", wholes([1, 0, 3], 4), [1, 0, 3]), ("<i4", wholes([-2, 0, 3], 4), [-2, 0, 3]),
        ("<u8", wholes([1, 0, 3], 8), [1, 0, 3]), ("<i8", wholes([-2, 0, 3], 8), [-2, 0, 3]),
        (">u2", wholes([1, 0, 3], 2, bigEndian: true), [1, 0, 3]),
        (">i4", wholes([-2, 0, 3], 4, bigEndian: true), [-2, 0, 3]),
        (">i8", wholes([-2, 0, 3], 8, bigEndian: true), [-2, 0, 3]),
        ("<f2", wholes([0xC000, 0, 0x4200], 2), [-2, 0, 3]),
        (">f2", wholes([0xC000, 0, 0x4200], 2, bigEndian: true), [-2, 0, 3]),
        ("<f4", floats([-2, 0, 3]), [-2, 0, 3]),
        (">f4", floats([-2, 0, 3], bigEndian: true), [-2, 0, 3]),
        ("<f8", doubles([-2, 0, 3]), [-2, 0, 3]),
        (">f8", doubles([-2, 0, 3], bigEndian: true), [-2, 0, 3]),
    ]

    @Test("Each type of either byte order is read, in each version, in pieces of any size")
    func reads() throws {
        for (type, bytes, values) in Self.types {
            for version in UInt8(1)...3 {
                for piece in [1, 3, 70, 1 << 20] {
                    let file = npy(type, [3], bytes, version: version)
                    let samples = try NPY.decode(file, name: "f", as: .samples, piece: piece)
                    let labels = try NPY.decode(file, name: "f", as: .labels, piece: piece)
                    #expect(samples.shape == [3] && labels.count == 3)
                    let asFloats = NumberArray.Numbers.floats(values.map { Float($0) })
                    #expect(
                        samples.numbers
                            == (type == "|u1" ? .bytes(values.map { UInt8($0) }) : asFloats),
                        "\(type)")
                    #expect(
                        labels.numbers
                            == (type.contains("f") ? asFloats : .wholes(values.map { Int64($0) })),
                        "\(type)")
                }
            }
        }
    }

    @Test("Fortran order becomes row-major")
    func fortranOrder() throws {
        for shape in [[2, 3], [3, 1, 2], [130, 2, 3, 2], [1, 5], [7]] {
            let count = shape.reduce(1, *)
            // The first index changes fastest: what comes at a place of the file belongs there.
            var expected = [Int](repeating: 0, count: count)
            for number in 0..<count {
                var rest = number
                var place = 0
                for (axis, size) in shape.enumerated() {
                    place += rest % size * shape[(axis + 1)...].reduce(1, *)
                    rest /= size
                }
                expected[place] = number
            }
            let file = npy("<i2", shape, wholes(Array(0..<count), 2), order: true)
            let read = try NPY.decode(file, name: "f", as: .labels)
            #expect(read.shape == shape)
            #expect(read.numbers == .wholes(expected.map { Int64($0) }), "\(shape)")
            let bytes = npy("|u1", shape, (0..<count).map { UInt8($0 % 256) }, order: true)
            #expect(
                try NPY.decode(bytes, name: "f", as: .samples).numbers
                    == .bytes(expected.map { UInt8($0 % 256) }))
        }
    }

    @Test("What is no number is refused in a sentence")
    func types() {
        #expect(
            sentence(npy("|O", [2], [0x80, 0x04]))
                == "FILE holds Python objects (pickle), which are not read: they could run any code; "
                + "save it as numbers")
        #expect(
            sentence(
                npy(header: "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", []))
                == "FILE holds records of several fields: save each field as an array of its own")
        for type in ["<c8", "<U3", "|S4", "<M8[ns]", "<f16", "|V2", "|f4", "=f4", "", "<u3"] {
            #expect(
                sentence(npy(type, [2], []))
                    == "FILE holds numbers of type \(type.debugDescription), but bool, integers of 8 "
                    + "to 64 bits and floats of 16, 32 and 64 bits are read")
        }
    }

    @Test("What is cut short or too long is refused")
    func lengths() {
        let whole = npy("<f4", [2, 3], floats([1, 2, 3, 4, 5, 6]))
        #expect(sentence(whole) == nil)
        #expect(
            sentence(Array(whole.dropLast()))
                == "FILE is cut short: its shape takes 24 bytes, but it holds 23")
        #expect(
            sentence(whole + [0]) == "FILE is too long: its shape takes 24 bytes, but it holds more"
        )
        for length in [0, 1, 6, 8, 9, 10, 60] {
            #expect(
                sentence(Array(whole.prefix(length)))
                    == "FILE is cut short: it ends within its header")
        }
    }

    @Test("What is no header is refused")
    func headers() {
        let magic = "FILE does not begin with 0x93 and NUMPY, as an .npy file does"
        #expect(sentence(Array("PK".utf8)) == magic)
        #expect(sentence([0x93] + Array("NUMPX".utf8)) == magic)
        let start = [0x93] + Array("NUMPY".utf8)
        #expect(
            sentence(start + [4, 0, 1, 0])
                == "FILE is of version 4.0 of the .npy format, but 1.0, 2.0 and 3.0 are read")
        // A header bomb: four bytes that promise four billion.
        #expect(
            sentence(start + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF])
                == "FILE declares a header of 4294967295 bytes, but none has more than 65536")
        func header(_ text: String) -> String? {
            sentence(npy(header: text, []))?.replacing(
                "FILE has a header that cannot be read: expected ", with: "")
        }
        let once = "each of 'descr', 'fortran_order' and 'shape' once"
        #expect(header("[]") == "“{” at its byte 0")
        #expect(header("{}")?.hasPrefix(once) == true)
        #expect(header("{'descr': '<f4', 'descr': '<f4'}") == "\(once) at its byte 17")
        #expect(header("{'x': 1}") == "\(once) at its byte 1")
        #expect(header("{'descr' '<f4'}") == "“:” at its byte 9")
        #expect(header("{'descr': f4}") == "a text in quotes at its byte 10")
        #expect(header("{'descr': '\\x41'}") == "a text of plain letters at its byte 10")
        #expect(header("{'fortran_order': 1}") == "True or False at its byte 18")
        #expect(header("{'shape': 3}") == "“(” at its byte 10")
        #expect(header("{'shape': (3)}") == "“,” at its byte 12")
        #expect(header("{'shape': (-1,)}") == "a whole number at its byte 11")
        #expect(
            header("{'shape': (99999999999999999999,)}")
                == "a whole number of 64 bits at its byte 11")
        #expect(
            header("{'shape': (" + String(repeating: "1,", count: 65) + ")}")
                == "at most 64 dimensions at its byte 139")
        #expect(
            header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x")
                == "nothing but spaces after “}” at its byte 56")
        #expect(header(String(repeating: "{", count: 5000)) == "a text in quotes at its byte 1")
    }

    @Test("Shapes that cannot be are refused before anything is allocated")
    func shapes() {
        for shape in [[0], [3, 0], [1 << 31, 1], [1 << 40, 1 << 40], [Int.max]] {
            let text = shape.map(String.init).joined(separator: ", ")
            #expect(
                sentence(npy("<f8", shape, []))
                    == "FILE declares the shape (\(text)\(shape.count == 1 ? "," : "")) of numbers of 8 "
                    + "bytes, but each dimension must be at least 1 and the whole at most 2147483648 "
                    + "bytes")
        }
        // As large as can be, and nothing behind it.
        #expect(
            sentence(npy("|u1", [1 << 31], [1, 2]))
                == "FILE is cut short: its shape takes 2147483648 bytes, but it holds 2")
    }

    @Test("A file is read as its bytes are", arguments: [false, true])
    func files(isLong: Bool) throws {
        let folder = TemporaryFolder()
        let count = isLong ? 700_001 : 5
        let bytes = npy("<f4", [count], floats((0..<count).map { Float($0) }))
        let path = try folder.write(bytes, to: "x.npy")
        #expect(
            try NPY.read(path, as: .samples).numbers == .floats((0..<count).map { Float($0) }))
        #expect(
            failure { () throws(DatasetError) in
                _ = try NPY.read("/dev/zero", as: .samples)
            }?.description == "/dev/zero cannot be read: it is not an ordinary file")
    }

    @Test("Random bytes are refused or are an array, whatever stands in them")
    func random() {
        let whole = npy("<f4", [2, 3], floats([1, 2, 3, 4, 5, 6]))
        var stream = RandomStream(RandomKey(seed: 17, purpose: .benchmark))
        for number in 0..<3000 {
            var bytes = whole
            for _ in 0...stream.next(below: 3) {
                bytes[stream.next(below: bytes.count)] = UInt8(stream.next(below: 256))
            }
            if let array = try? NPY.decode(bytes, name: "f", as: .samples) {
                #expect(array.shape.allSatisfy { $0 > 0 }, "case \(number)")
            }
        }
    }
}
