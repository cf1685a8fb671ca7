import Federation
import FederationWire
import Parameters
import TestThreads
import Testing

@Suite(.holdsItsThread) struct ModelBodyTests {
    /// A way in which a body may be made.
    struct Form: Sendable, CustomTestStringConvertible {
        var encoding: String
        var isChange: Bool
        var report: UpdateReport?

        var testDescription: String {
            "\(isChange ? "change" : "model") as \(encoding)\(report == nil ? "" : ", report")"
        }

        func value(_ vector: ParameterVector) -> UpdateValue {
            isChange ? .change(vector) : .model(vector)
        }

        func bytes(_ vector: ParameterVector) throws -> [UInt8] {
            ModelBody.encode(
                Samples.header, value(vector), report: report,
                as: try #require(VectorEncodings.named(encoding)))
        }
    }

    static let forms = VectorEncodings.names.flatMap { name in
        [false, true].flatMap { isChange in
            [nil, Samples.report].map {
                Form(encoding: name, isChange: isChange, report: $0)
            }
        }
    }

    let layout = Samples.small
    var vector: ParameterVector { Samples.anyFinite(layout.count, seed: 1) }
    /// A model, whole.
    var plain: [UInt8] { ModelBody.encode(Samples.header, .model(vector)) }

    func decode(
        _ bytes: [UInt8], chunk: Int = .max, _ expectation: ModelExpectation? = nil
    ) -> Result<ModelBody, ModelBodyError> {
        Result { () throws(ModelBodyError) in
            var decoder = ModelDecoder(expecting: expectation ?? Samples.expectation(layout))
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + min(chunk, bytes.count))
                try decoder.append(Array(bytes[start..<end]))
                start = end
            }
            return try decoder.finish()
        }
    }

    @Test("Bodies come back bit for bit", arguments: forms)
    func roundTrip(form: Form) throws {
        for count in [1, 2, 1000, 100_000] {
            let layout = ParameterLayout([("a", [count])])
            let vector = Samples.anyFinite(count, seed: UInt64(count))
            let bytes = try form.bytes(vector)
            #expect(bytes.count <= Samples.expectation(layout).maximumBodyByteCount)
            let back = try ModelBody(decoding: bytes, expecting: Samples.expectation(layout))
            #expect(back.value == form.value(vector))
            #expect(back.report == form.report)
            #expect(back.header.bodyByteCount == bytes.count)
            #expect(back.header.sampleCount == 600)
            #expect(back.checksum == Array(bytes[ModelHeader.Field.checksum.range]))
        }
    }

    @Test("Chunks of any size give the same", arguments: forms)
    func chunks(form: Form) throws {
        let bytes = try form.bytes(vector)
        let whole = try decode(bytes).get()
        for chunk in 1...bytes.count {
            #expect(try decode(bytes, chunk: chunk).get() == whole, "chunks of \(chunk)")
        }
    }

    @Test func theBytesAreAsWritten() {
        let header = ModelHeader.update(
            run: RunIdentifier("r1")!, round: 0x01020304, client: 5, sampleCount: 0x0607,
            architecture: Samples.digest)
        let bytes = ModelBody.encode(header, .model(ParameterVector([1, -2])))
        #expect(bytes.count == 184)
        #expect(
            Array(bytes[..<16])
                == [0x89, 0x46, 0x45, 0x44, 0x0D, 0x0A, 0x1A, 0x0A, 2, 0, 2, 0, 4, 3, 2, 1])
        #expect(Array(bytes[16..<48]) == Array("r1".utf8) + [UInt8](repeating: 0, count: 30))
        #expect(Array(bytes[48..<64]) == [5, 0, 0, 0, 0, 0, 0, 0, 7, 6, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[64..<80]) == [1, 0, 0, 0, 0, 0, 0, 0, 56, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[80..<112]) == [UInt8](repeating: 0xAB, count: 32))
        // By another program.
        #expect(
            Array(bytes[112..<128]) == [
                0xCF, 0xCA, 0xC0, 0x93, 0x76, 0x71, 0xE7, 0x21,
                0xCB, 0xD5, 0x2C, 0x02, 0x92, 0x81, 0x6D, 0xE8,
            ])
        #expect(Array(bytes[128..<152]) == Array("model".utf8) + [UInt8](repeating: 0, count: 19))
        #expect(Array(bytes[152..<160]) == Array("float32".utf8) + [0])
        #expect(Array(bytes[160..<176]) == [2, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[176...]) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0])

        let change = ParameterVector([0, -0.0, 0, 1])
        let sparse = ModelBody.encode(
            header, .change(change), report: UpdateReport(seconds: 2), as: SparseEncoding())
        #expect(Array(sparse[64..<68]) == [2, 0, 0, 0])
        #expect(Array(sparse[128..<134]) == Array("change".utf8))
        #expect(Array(sparse[152..<160]) == Array("sparse".utf8) + [0, 0])
        #expect(Array(sparse[160..<176]) == [4, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(sparse[176..<182]) == Array("report".utf8))
        #expect(Array(sparse[200..<208]) == Array("json".utf8) + [0, 0, 0, 0])
        #expect(
            Array(sparse[224..<240]) == [1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0x80, 0x3F])
        #expect(String(decoding: sparse[240...], as: UTF8.self) == #"{"seconds": 2.0}"#)
    }

    @Test func globalModelsAndCorrectionsAreOfAnyRoundOrAGivenOne() throws {
        let vector = Samples.weights(layout.count, seed: 1)
        let bytes = ModelBody.encode(
            .globalModel(run: Samples.run, round: 7, architecture: Samples.digest), .model(vector))
        let correction = ModelBody.encode(
            .correction(run: Samples.run, round: 7, client: 3, architecture: Samples.digest),
            .change(vector))
        func expectations(_ round: Int?) -> [(ModelExpectation, bytes: [UInt8])] {
            [
                (
                    .globalModel(
                        run: Samples.run, round: round, architecture: Samples.digest,
                        layout: layout), bytes
                ),
                (
                    .correction(
                        run: Samples.run, round: round, client: 3, architecture: Samples.digest,
                        layout: layout), correction
                ),
            ]
        }
        for (expectation, bytes) in expectations(nil) + expectations(7) {
            let body = try ModelBody(decoding: bytes, expecting: expectation)
            #expect(body.header.round == 7)
            #expect(body.value.vector == vector)
            #expect(body.value.isChange == (expectation.kind == .correction))
        }
        let error = ModelBodyError.wrongHeader(.round, byte: 12, expected: "6", got: "7")
        for (expectation, bytes) in expectations(6) {
            #expect(throws: error) { try ModelBody(decoding: bytes, expecting: expectation) }
        }
        // Neither has a second section, and neither is an update.
        var two = bytes
        two[64] = 2
        #expect(
            throws: ModelBodyError.wrongHeader(.sections, byte: 64, expected: "1", got: "2")
        ) { try ModelBody(decoding: two, expecting: expectations(7)[0].0) }
        for (_, bytes) in expectations(7) { #expect(decode(bytes).failure != nil) }
        #expect(decode(plain, expectations(7)[0].0).failure != nil)
    }

    @Test("Every truncation is refused", arguments: forms)
    func truncations(form: Form) throws {
        let bytes = try form.bytes(vector)
        for count in 0..<bytes.count {
            #expect(
                decode(Array(bytes[..<count]))
                    == .failure(
                        .truncated(
                            got: count, expected: count < ModelHeader.byteCount ? 128 : bytes.count)
                    ))
        }
    }

    @Test(
        "Every flipped byte of header and table, and of a small vector, is refused",
        arguments: forms)
    func flips(form: Form) throws {
        let bytes = try form.bytes(vector)
        for position in bytes.indices {
            for bit: UInt8 in [1, 0x80] {
                var wrong = bytes
                wrong[position] ^= bit
                if case .success = decode(wrong) {
                    Issue.record("byte \(position) xor \(bit) went unnoticed")
                }
            }
        }
    }

    @Test("A thousand flipped bytes and truncations of a larger one are refused", arguments: forms)
    func offsets(form: Form) throws {
        let layout = ParameterLayout([("a", [100, 200]), ("b", [200])])
        let expectation = Samples.expectation(layout)
        let seed = UInt64(5)
        var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
        let bytes = try form.bytes(
            Samples.sparse(layout.count, perThousand: form.isChange ? 50 : 1000, seed: 2))
        for _ in 0..<1000 {
            let offset = random.next(in: ModelHeader.byteCount...bytes.count - 1)
            var wrong = bytes
            wrong[offset] ^= UInt8(random.next(in: 1...255))
            if case .success = decode(wrong, expectation) {
                Issue.record("seed \(seed): byte \(offset) went unnoticed")
            }
            #expect(
                decode(Array(bytes[..<offset]), expectation)
                    == .failure(.truncated(got: offset, expected: bytes.count)), "seed \(seed)")
        }
    }

    @Test func aDecoderIsAValue() throws {
        var decoder = ModelDecoder(expecting: Samples.expectation(layout))
        try decoder.append(Array(plain[..<150]))
        var copy = decoder
        try decoder.append(Array(plain[150...]))
        #expect(try decoder.finish().value == .model(vector))
        #expect(throws: ModelBodyError.truncated(got: 150, expected: 212)) { try copy.finish() }
        try copy.append(Array(plain[150...]))
        #expect(try copy.finish().value == .model(vector))
    }

    @Test func aChangedUpdateHasAnotherChecksum() throws {
        func checksum(_ header: ModelHeader, _ value: UpdateValue) -> [UInt8] {
            Array(ModelBody.encode(header, value)[ModelHeader.Field.checksum.range])
        }
        var other = vector
        other.withUnsafeMutableBufferPointer { $0[0] = -$0[0] }
        var header = Samples.header
        header.sampleCount = 601
        let checksums = [
            checksum(Samples.header, .model(vector)), checksum(Samples.header, .model(other)),
            checksum(header, .model(vector)), checksum(Samples.header, .change(vector)),
        ]
        #expect(Set(checksums).count == checksums.count)
    }
}

extension Result {
    var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
