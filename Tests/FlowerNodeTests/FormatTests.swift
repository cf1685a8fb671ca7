import Foundation
import Tensors
import Testing

@testable import FlowerNode

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
        #expect(try ArrayObject.read(object, name: "a", from: objects) == array)
    }

    @Test("An address is http or https with a host, and nothing behind the port")
    func addresses() throws {
        #expect(try SuperLinkAddress("http://127.0.0.1").description == "http://127.0.0.1:8000")
        #expect(try SuperLinkAddress("HTTPS://[::1]:9/").description == "https://[::1]:9")
        for text in ["", "127.0.0.1:8000", "ftp://a", "http://", "http://a/b", "http://a:0"] {
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
