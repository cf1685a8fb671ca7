import Federation
import FederationWire
import Parameters
import TestThreads
import Testing

extension ModelBodyTests {
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
    func text(
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
}
