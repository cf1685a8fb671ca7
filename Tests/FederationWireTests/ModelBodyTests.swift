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

    private let layout = Samples.small
    private var vector: ParameterVector { Samples.anyFinite(layout.count, seed: 1) }
    /// A model, whole.
    private var plain: [UInt8] { ModelBody.encode(Samples.header, .model(vector)) }

    private func decode(
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

    @Test func aWrongHeaderIsRefusedAtItsFirstWrongByte() {
        let bytes = plain
        let unknown: [ModelHeader.Field] = [.samples, .sections, .length, .checksum]
        for field in ModelHeader.Field.allCases where !unknown.contains(field) {
            for position in field.range {
                var wrong = bytes
                wrong[position] ^= 1
                var decoder = ModelDecoder(expecting: Samples.expectation(layout))
                let error = #expect(throws: ModelBodyError.self) {
                    for byte in wrong[...position] { try decoder.append([byte]) }
                }
                guard case .wrongHeader(field, position, _, _) = error else {
                    Issue.record("byte \(position): \(String(describing: error))")
                    continue
                }
            }
        }
    }

    @Test func aBodyOfVersionOneSaysWhatIsToBeUpdated() {
        var bytes = plain
        bytes[8] = 1
        #expect(decode(bytes) == .failure(.outdated(.update)))
        let error = decode(bytes).failure
        #expect(
            error?.description
                == "this is version 1 of the body: expected version 2; update the client")
        #expect(error?.apiError.code == .wrongVersion)
        #expect(error?.apiError.status == 426)
        #expect(
            "\(ModelBodyError.outdated(.globalModel))"
                == "this is version 1 of the body: expected version 2; update the server")
    }

    /// What is said of a body that is changed like this.
    private func text(
        of bytes: [UInt8]? = nil, _ change: (inout [UInt8]) -> Void
    ) -> String {
        var bytes = bytes ?? plain
        change(&bytes)
        return decode(bytes).failure?.description ?? "taken"
    }

    @Test func errorsOfTheHeaderSayWhatWasExpected() {
        #expect(
            text { $0[0] = 0x50 }
                == "byte 0 of the body: its magic is 0x504645440d0a1a0a: expected "
                + "0x894645440d0a1a0a")
        #expect(text { $0[8] = 3 } == "byte 8 of the body: its version is 3: expected 2")
        #expect(text { $0[10] = 1 } == "byte 10 of the body: its kind is 1: expected 2")
        #expect(text { $0[12] = 9 } == "byte 12 of the body: its round is 9: expected 2")
        #expect(
            text { $0[17] = 0x31 }
                == "byte 17 of the body: its run is “21260131_235959”: expected “20260131_235959”")
        #expect(text { $0[48] = 4 } == "byte 48 of the body: its client is 4: expected 3")
        #expect(
            text { $0[64] = 3 } == "byte 64 of the body: its sections is 3: expected 1 to 2")
        #expect(text { $0[68] = 1 } == "byte 68 of the body: its padding is 1: expected 0")
        #expect(
            text { $0[79] = 0x80 }
                == "byte 72 of the body: its length is 9223372036854775892: expected 48 to 65704")
        #expect(
            text { $0[72] = 100 }
                == "byte 72 of the body: its length is 100: expected 84, as the table says")
        #expect(text { $0 = Array($0[..<149]) } == "the body ends after 149 bytes: expected 212")
        #expect(
            text { $0.append(0) }
                == "the body goes on after 212 bytes, which is all that its header says")
        let checksum = text { $0[112] ^= 0xFF }
        #expect(checksum.hasPrefix("the body's bytes have the checksum "), "\(checksum)")
    }

    @Test func errorsOfTheTableAndTheNumbersSayWhatWasExpected() {
        #expect(
            text { $0[128] = UInt8(ascii: "x") }
                == "section 1 of the body: its name is “xodel”: expected “model” or “change”")
        #expect(
            text { $0[151] = UInt8(ascii: "x") }
                == "section 1 of the body: its name is “model”: expected “model” or “change”")
        #expect(
            text { $0[152] = UInt8(ascii: "g") }
                == "the body is written as “gloat32”: expected “float32” or “sparse”")
        #expect(
            text { $0[160] = 8 } == "section 1 of the body: its count is 8: expected 9")
        #expect(
            text { $0[167] = 0x80 }
                == "section 1 of the body: its count is 9223372036854775817: expected 9")
        #expect(
            text { $0[168] = 32 } == "section 1 of the body: its length is 32: expected 36")
        #expect(
            text { $0[175] = 0xFF }
                == "section 1 of the body: its length is 18374686479671623716: expected at most 36")
        #expect(
            text { $0.replaceSubrange(196..<200, with: [0, 0, 0xC0, 0x7F]) }
                == "parameter 5 (dense1/kernel, element 5) is NaN: expected a finite number")
        #expect(
            text { $0.replaceSubrange(200..<204, with: [0, 0, 0x80, 0xFF]) }
                == "parameter 6 (dense1/bias, element 0) is -infinity: expected a finite number")
        let sparse = ModelBody.encode(Samples.header, .change(vector), as: SparseEncoding())
        #expect(
            text(of: sparse) { $0[168] = 71 }
                == "section 1 of the body: its length is 71: expected a multiple of 8 up to 72")
        #expect(
            text(of: sparse) { $0[176] = 9 }
                == "entry 0 of the body is parameter 9: expected one from 0 to 8")
    }

    @Test func anUnknownEncodingIsAnUnsupportedMediaType() {
        var bytes = plain
        bytes.replaceSubrange(152..<160, with: Array("\u{1B}[2J".utf8) + [0, 0, 0, 0])
        let error = decode(bytes).failure?.apiError
        #expect(error?.code == .unknownEncoding)
        #expect(error?.status == 415)
        #expect(error?.expected == ["float32", "sparse"])
        #expect(error?.message.hasPrefix("the body is written as “\\u{1b}[2J”") == true)
        var expectation = Samples.expectation(layout)
        expectation.encodings = [Float32Encoding()]
        #expect(expectation.maximumBodyByteCount == 128 + 96 + 36 + 65_536)
        let sparse = ModelBody.encode(Samples.header, .change(vector), as: SparseEncoding())
        #expect(
            decode(sparse, expectation)
                == .failure(.unknownEncoding("sparse", known: ["float32"])))
    }

    @Test func reportsThatMakeNoSenseAreRefused() throws {
        func reported(_ text: String) -> Result<ModelBody, ModelBodyError> {
            var bytes = ModelBody.encode(
                Samples.header, .model(vector), report: UpdateReport(seconds: 1))
            let start = 128 + 96 + 36
            bytes.replaceSubrange(start..., with: Array(text.utf8))
            bytes[128 + 48 + 40] = UInt8(text.utf8.count)
            bytes[72] = UInt8(96 + 36 + text.utf8.count)
            return decode(Samples.sealed(bytes))
        }
        #expect(try reported("{}").get().report == UpdateReport())
        #expect(
            try reported(#"{"numbers": {"a": 3}, "b": 1}"#).get().report
                == UpdateReport(numbers: ["a": 3]))
        let table = [
            ("[]", "the body is a list: expected an object"),
            ("{", "byte 1 of the JSON: expected a string"),
            (#"{"seconds": -1}"#, "“seconds” is -1: expected a number from 0"),
            (#"{"loss": 1e999}"#, ""),
            (#"{"loss": "a"}"#, "“loss” is “a”: expected a number"),
            (
                #"{"classCounts": [1, -1]}"#,
                "“classCounts” is a list: expected a list of whole numbers from 0 to 2147483647"
            ),
            (
                #"{"numbers": {"a": "b"}}"#,
                "“numbers” is an object: expected an object of finite numbers"
            ),
            (#"{"numbers": []}"#, "“numbers” is a list: expected an object of finite numbers"),
        ]
        for (text, sentence) in table {
            let error = reported(text).failure
            guard case .wrongReport(let reason) = error else {
                Issue.record("\(text): \(String(describing: error))")
                continue
            }
            #expect(reason.status == 400)
            if !sentence.isEmpty {
                #expect(error?.description == "the body's report: \(sentence)")
            }
        }
        #expect(reported("").failure != nil)
    }

    @Test func sampleCountsOutsideTheirRangeAreRefused() {
        let bad: [UInt64] = [
            0, UInt64(bitPattern: -1), 1 << 29, 1_000_000_000_000_000_000, UInt64(Int64.max), .max,
        ]
        for count in bad {
            var bytes = plain
            withUnsafeBytes(of: count.littleEndian) { bytes.replaceSubrange(56..<64, with: $0) }
            #expect(decode(bytes) == .failure(.sampleCountOutOfRange(count)))
            #expect(
                decode(bytes).failure?.description
                    == "byte 56 of the body: its samples are \(count): expected 1 to 536870911")
            #expect(decode(bytes).failure?.apiError.status == 400)
        }
    }

    @Test func notFiniteIsRefusedWhereverItIsAndWithoutTheRest() {
        let layout = Samples.reference
        var random = RandomStream(RandomKey(seed: 7, purpose: .benchmark))
        for _ in 0..<20 {
            let index = random.next(below: layout.count)
            var vector = Samples.weights(layout.count, seed: 3)
            vector.withUnsafeMutableBufferPointer { $0[index] = -.infinity }
            let bytes = ModelBody.encode(Samples.header, .model(vector))
            var decoder = ModelDecoder(expecting: Samples.expectation(layout))
            #expect(
                throws: ModelBodyError.notFinite(
                    .minusInfinity, ParameterPlace(index: index, layout: layout))
            ) { try decoder.append(Array(bytes[..<(128 + 48 + 4 * (index + 1))])) }
        }
    }

    @Test func randomBytesAreRefused() {
        let seed = UInt64(11)
        var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
        let header = Array(plain[..<ModelHeader.byteCount])
        for number in 0..<4000 {
            let bytes = (0..<random.next(in: 0...400)).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            // Half of them after a header that is right.
            let result = decode(number % 2 == 0 ? bytes : header + bytes)
            #expect(result.failure != nil, "seed \(seed), number \(number)")
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
