import Federation
import FederationWire
import Parameters
import TestThreads
import Testing

/// What holds of every encoding.
@Suite("Encodings of vectors", .holdsItsThread)
struct VectorEncodingTests {
    static let layout = ParameterLayout([("a", [5, 8]), ("b", [1])])

    static let vectors: [(name: String, vector: ParameterVector)] = {
        let count = layout.count
        func only(_ value: Float, at index: Int) -> ParameterVector {
            var vector = ParameterVector(zeros: count)
            vector.withUnsafeMutableBufferPointer { $0[index] = value }
            return vector
        }
        return [
            ("zeros", ParameterVector(zeros: count)),
            ("of every magnitude", Samples.anyFinite(count, seed: 1)),
            ("all different from 0", Samples.weights(count, seed: 2)),
            ("mostly 0", Samples.sparse(count, perThousand: 100, seed: 3)),
            ("−0", ParameterVector([Float](repeating: -0.0, count: count))),
            ("the first", only(1, at: 0)), ("the last", only(-1, at: count - 1)),
            ("a −0", only(-0.0, at: 7)), ("a denormal", only(.leastNonzeroMagnitude, at: 8)),
            ("the largest", only(-.greatestFiniteMagnitude, at: 9)),
        ]
    }()

    private func encoded(_ encoding: any VectorEncoding, _ vector: ParameterVector) -> [UInt8] {
        let count = encoding.byteCount(of: vector)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            encoding.encode(
                vector,
                into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
            written = count
        }
    }

    private func decoded(
        _ encoding: any VectorEncoding, _ bytes: [UInt8], chunk: Int = .max
    ) -> Result<ParameterVector, ModelBodyError> {
        Result { () throws(ModelBodyError) in
            var decoder = encoding.makeDecoder(byteCount: bytes.count, layout: Self.layout)
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + min(chunk, bytes.count))
                let result = bytes[start..<end].withUnsafeBytes { part in
                    Result { () throws(ModelBodyError) in try decoder.append(part) }
                }
                try result.get()
                start = end
            }
            return decoder.finish()
        }
    }

    @Test("Names fit into a table and are different", arguments: VectorEncodings.names)
    func names(name: String) {
        #expect((1...8).contains(name.utf8.count))
        #expect(name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        #expect(VectorEncodings.names.count { $0 == name } == 1)
        #expect(VectorEncodings.named(name)?.name == name)
    }

    @Test("What comes out has the bits of what went in", arguments: VectorEncodings.names)
    func roundTrip(name: String) throws {
        let encoding = try #require(VectorEncodings.named(name))
        for (what, vector) in Self.vectors {
            let bytes = encoded(encoding, vector)
            #expect(bytes.count <= encoding.byteLimit(count: vector.count), "\(what)")
            #expect(
                encoding.expectedByteCount(count: vector.count, insteadOf: bytes.count) == nil,
                "\(what)")
            for chunk in [Int.max, 1, 3, 4, 7, 64] {
                #expect(
                    try decoded(encoding, bytes, chunk: chunk).get() == vector,
                    "\(what), chunks of \(chunk)")
            }
        }
    }

    @Test("A length that is no vector's is said with what it could be")
    func lengths() {
        let float32 = Float32Encoding()
        #expect(float32.expectedByteCount(count: 9, insteadOf: 36) == nil)
        #expect(float32.expectedByteCount(count: 9, insteadOf: 35) == "36")
        let sparse = SparseEncoding()
        for length in [0, 8, 72] {
            #expect(sparse.expectedByteCount(count: 9, insteadOf: length) == nil)
        }
        for length in [1, 4, 71, 73, 80] {
            #expect(
                sparse.expectedByteCount(count: 9, insteadOf: length)
                    == "a multiple of 8 up to 72")
        }
    }

    @Test("A number that is none is found in its place", arguments: VectorEncodings.names)
    func notFinite(name: String) throws {
        let encoding = try #require(VectorEncodings.named(name))
        for (index, value, found) in [
            (0, Float.nan, NonFiniteNumber.notANumber), (17, .infinity, .infinity),
            (40, -.infinity, .minusInfinity),
        ] {
            var vector = ParameterVector(zeros: Self.layout.count)
            vector.withUnsafeMutableBufferPointer { $0[index] = value }
            #expect(
                decoded(encoding, encoded(encoding, vector))
                    == .failure(
                        .notFinite(found, ParameterPlace(index: index, layout: Self.layout))))
        }
    }

    @Test("Sparse indices are in range and ascend")
    func indices() {
        func bytes(_ indices: [UInt32]) -> [UInt8] {
            let words = indices + indices.map { _ in Float(1).bitPattern }
            return words.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 0xFF) } }
        }
        func error(_ indices: [UInt32]) -> ModelBodyError? {
            decoded(SparseEncoding(), bytes(indices)).failure
        }
        #expect(error([0, 1, 40]) == nil)
        #expect(error([41]) == .wrongIndex(entry: 0, expected: 0..<41, got: 41))
        #expect(error([3, 3]) == .wrongIndex(entry: 1, expected: 4..<41, got: 3))
        #expect(error([3, 2]) == .wrongIndex(entry: 1, expected: 4..<41, got: 2))
        #expect(error([.max]) == .wrongIndex(entry: 0, expected: 0..<41, got: .max))
        #expect(error([40, 40]) == .wrongIndex(entry: 1, expected: 41..<41, got: 40))
        #expect(
            error([3, 2])?.description
                == "entry 1 of the body is parameter 2: expected one from 4 to 40")
        #expect(
            error([40, 40])?.description
                == "entry 1 of the body is parameter 40: expected no more entries")
    }

    @Test("The smallest is taken, of those that the other side takes")
    func smallest() {
        func name(_ vector: ParameterVector, _ names: [String]) -> String {
            VectorEncodings.smallest(for: vector, among: names).name
        }
        let (dense, thin) = (
            Samples.weights(1000, seed: 1), Samples.sparse(1000, perThousand: 100, seed: 1)
        )
        #expect(name(dense, ["float32", "sparse"]) == "float32")
        #expect(name(thin, ["sparse", "float32"]) == "sparse")
        #expect(name(thin, ["float32"]) == "float32")
        #expect(name(thin, ["float32", "of tomorrow"]) == "float32")
        #expect(name(thin, []) == "float32")
        // As long as the other: what needs no second look.
        var half = ParameterVector(zeros: 4)
        half.withUnsafeMutableBufferPointer { ($0[0], $0[1]) = (1, 2) }
        #expect(name(half, ["sparse", "float32"]) == "float32")
    }
}
