import FlowerNode
import Foundation
import Parameters
import Testing

@Suite("Flower's formats")
struct FormatTests {
    @Test("A .npy file is as NumPy writes it")
    func numPy() throws {
        let file = NumPyFile(shape: [2, 1], values: [1, -2])
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }"
        let bytes = file.encoded
        #expect(bytes.prefix(10) == Data([0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0]))
        #expect(bytes.count == 128 + 8)
        #expect(String(decoding: bytes[10..<(10 + header.utf8.count)], as: UTF8.self) == header)
        #expect(bytes[127] == UInt8(ascii: "\n"))
        #expect(try NumPyFile(decoding: bytes) == file)
        for shape in [[], [0], [3], [2, 0, 3], [1, 2, 3]] {
            let values = (0..<shape.reduce(1, *)).map(Float.init)
            let file = NumPyFile(shape: shape, values: values)
            #expect(try NumPyFile(decoding: file.encoded) == file)
        }
    }

    /// A version 1 file with that header.
    private func file(_ header: String, _ numbers: [UInt8]) -> Data {
        Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0])
            + Data(header.utf8) + Data(numbers)
    }

    @Test("Fortran order and float64 are read")
    func otherOrders() throws {
        let numbers = [1.0, 4, 2, 5, 3, 6].flatMap { (value: Double) in
            withUnsafeBytes(of: value) { Array($0) }
        }
        let read = try NumPyFile(
            decoding: file(
                "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }\n", numbers))
        #expect(read == NumPyFile(shape: [2, 3], values: [1, 2, 3, 4, 5, 6]))
    }

    @Test("What is no array of floats is refused with a reason")
    func refusals() {
        func refusal(_ data: Data) -> NumPyFileError? {
            do {
                _ = try NumPyFile(decoding: data)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal(Data()) == .notNumPy)
        #expect(refusal(Data("hello, numpy".utf8)) == .notNumPy)
        #expect(
            refusal(file("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", []))
                == .wrongType("<i8"))
        #expect(
            refusal(file("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", []))
                == .wrongHeader)
        #expect(
            refusal(file("{'descr': '<f4', 'fortran_order': False, 'shape': (99999, 99999), }", []))
                == .wrongHeader)
        #expect(
            refusal(file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", [0]))
                == .wrongLength(found: 1, expected: 8))
        var cut = NumPyFile(shape: [1], values: [1]).encoded
        cut[8] = 0xFF
        cut[9] = 0xFF
        #expect(refusal(cut) == .wrongHeader)
    }

    @Test("An object's id is the SHA-256 of its head, a zero byte and its body")
    func objects() throws {
        let object = FlowerObject(.chunk, body: Data("abc".utf8))
        #expect(object.encoded == Data("ArrayChunk  3\0abc".utf8))
        let id = FlowerObject.id(of: object.encoded)
        #expect(try FlowerObject(decoding: object.encoded, id: id) == object)
        #expect(throws: TaskRefusal.self) {
            try FlowerObject(decoding: Data("ArrayChunk  4\0abc".utf8), id: id)
        }
    }

    /// A record of two float32 arrays, [[1, −2], [3, 0.5]] and [0, 0], as flwr 1.41.0 made it: the ids
    /// that it gave to the objects, and their bytes but for those of the `.npy` files.
    private enum MadeByFlower {
        static let matrixChunk = "71cb145f643b6204b2e48daacd6f6cc4d3ab3e8594abd287e894b33c3fd2cfa3"
        static let matrix = "93b7c8049d67610e89d81ce107dfa7942a1632f5b47a08a188494a9ee97f5bcd"
        static let vectorChunk = "2e135262e60843144f0ef825090b3bf4c1a0439009ef812470f0a9de72608b46"
        static let vector = "e71768490b4d2150aebb3977788b33e24d651ac5e94ac57c7dc9eb2687bfb82b"
        static let arrays = "4bd2a0bdccd92c6230643c9ed5759b16367c9f82a3ad401f6ce83d1d6da40547"
        static let metrics = "04dfa41f2b2722113b6589218e07c3728ba932f2240234d34453560bf038c56f"

        static func array(_ chunk: String, _ shape: String) -> Data {
            let body =
                "{\"dtype\": \"float32\", \"shape\": \(shape), \"stype\": \"numpy.ndarray\", "
                + "\"arraychunk_ids\": [0]}"
            return Data("Array \(chunk) \(body.utf8.count)\0\(body)".utf8)
        }
        static let record = Data(
            "ArrayRecord \(matrix),\(vector) 146\0{\"0\": \"\(matrix)\", \"1\": \"\(vector)\"}".utf8
        )
    }

    @Test("Objects that Flower made are read, and ours get the ids that it gives")
    func knownObjects() throws {
        let made = [
            NumPyFile(shape: [2, 2], values: [1, -2, 3, 0.5]),
            NumPyFile(shape: [2], values: [0, 0]),
        ]
        var bundle = ObjectBundle()
        let ids = made.map { bundle.add(.chunk, body: $0.encoded) }
        #expect(ids == [MadeByFlower.matrixChunk, MadeByFlower.vectorChunk])
        var content = TaskReply.Content()
        try content.addMetrics([("train_loss", .double(0.25)), ("num-examples", .signed(600))])
        #expect(content.records.map(\.id) == [MadeByFlower.metrics])

        var encoded = bundle.encoded
        encoded[MadeByFlower.matrix] = MadeByFlower.array(MadeByFlower.matrixChunk, "[2, 2]")
        encoded[MadeByFlower.vector] = MadeByFlower.array(MadeByFlower.vectorChunk, "[2]")
        encoded[MadeByFlower.arrays] = MadeByFlower.record
        var objects: [String: FlowerObject] = [:]
        for (id, bytes) in encoded { objects[id] = try FlowerObject(decoding: bytes, id: id) }
        let record = try #require(objects[MadeByFlower.arrays])
        let layout = ParameterLayout([("kernel", [2, 2]), ("bias", [2])])
        let model = try ModelArrays(
            recordName: "arrays", record, layout: layout, from: objects)
        #expect(model.names == ["0", "1"])
        #expect(model.parameters.array(in: 0..<6) == [1, -2, 3, 0.5, 0, 0])
    }

    @Test("Names keep their order and their characters")
    func names() throws {
        let pairs = [(name: "z", id: "1"), (name: "a\"\\é\n", id: "2"), (name: "", id: "3")]
        let read = try #require(ObjectNames.decode(ObjectNames.encode(pairs)))
        #expect(read.map(\.name) == pairs.map(\.name))
        #expect(read.map(\.id) == pairs.map(\.id))
        for text in [
            "", "[]", "{", "{\"a\": 1}", "{\"a\": \"b\"} x", "{\"a\": \"b\", \"a\": \"c\"}",
        ] {
            #expect(ObjectNames.decode(Data(text.utf8)) == nil, "\(text)")
        }
    }

    @Test("A large array is cut into chunks, of which equal ones are one object")
    func chunks() throws {
        let array = NumPyFile(
            shape: [4 * ArrayObject.chunkSize / 4],
            values: [Float](repeating: 0, count: ArrayObject.chunkSize))
        var bundle = ObjectBundle()
        let id = try ArrayObject.add(array, to: &bundle)
        // The first chunk has the header; two of zeros are one; the last is what the header displaced.
        #expect(bundle.encoded.count == 1 + 3)
        var objects: [String: FlowerObject] = [:]
        for (id, bytes) in bundle.encoded {
            objects[id] = try FlowerObject(decoding: bytes, id: id)
        }
        let object = try #require(objects[id])
        #expect(try ArrayObject.read(object, name: "a", from: objects, byteLimit: 1 << 30) == array)
    }

    @Test("A chunk that is named again and again is read no further than a model can need")
    func repeatedChunk() throws {
        let layout = ParameterLayout([("a", [2, 2])])
        var bundle = ObjectBundle()
        let chunk = bundle.add(.chunk, body: Data(count: 500_000))
        // Half a gigabyte, of one chunk.
        let body =
            #"{"dtype": "float32", "shape": [4], "stype": "numpy.ndarray", "arraychunk_ids": ["#
            + [String](repeating: "0", count: 1000).joined(separator: ", ") + "]}"
        let id = bundle.add(.array, children: [chunk], body: Data(body.utf8))
        let record = bundle.add(
            .arrays, children: [id], body: ObjectNames.encode([(name: "x", id: id)]))
        var objects: [String: FlowerObject] = [:]
        for (id, bytes) in bundle.encoded {
            objects[id] = try FlowerObject(decoding: bytes, id: id)
        }
        let limit = ModelArrays.byteLimit(layout)
        #expect(limit == 32 + (1 << 20))
        #expect(
            throws: TaskRefusal.unreadableArray(
                name: "x",
                reason: "it has more than the \(limit) bytes that this node's model can need")
        ) {
            try ModelArrays(
                recordName: "arrays", try #require(objects[record]), layout: layout, from: objects)
        }
    }

    @Test("An address is http or https with a host, a port and what path a proxy gives it")
    func addresses() throws {
        #expect(
            try SuperLinkAddress("https://a.example/fleet/x/").description
                == "https://a.example:443/fleet/x")
        #expect(try SuperLinkAddress("http://127.0.0.1").description == "http://127.0.0.1:8000")
        #expect(try SuperLinkAddress("HTTPS://[::1]:9/").description == "https://[::1]:9")
        for text in ["", "127.0.0.1:8000", "ftp://a", "http://", "http://a/b?c", "http://a:0"] {
            #expect(throws: FlowerNodeError.self, "\(text)") { try SuperLinkAddress(text) }
        }
    }

    @Test("A key file is made once, for its owner alone, and read again")
    func keyFiles() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "flower-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "key").path
        let made = try NodeIdentity(keyFile: path)
        #expect(made.isKept)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try NodeIdentity(keyFile: path).publicKey == made.publicKey)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(
            throws: FlowerNodeError.keyFile(
                path: path,
                reason: "others may read it (mode 644): expected 600, as `chmod 600` makes it")
        ) { try NodeIdentity(keyFile: path) }
    }

    @Test("A timestamp is ISO 8601 with microseconds")
    func timestamps() {
        #expect(
            NodeIdentity.timestamp(Date(timeIntervalSince1970: 1.25))
                == "1970-01-01T00:00:01.250000+00:00")
    }
}
