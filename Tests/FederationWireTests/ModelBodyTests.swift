import Federation
import Tensors
import Testing
import FederationWire

@Suite struct ModelBodyTests {
    private let layout = Samples.small
    private var body: ModelBody {
        ModelBody(Samples.header(layout.count), Samples.anyFinite(layout.count, seed: 1))
    }

    private func decode(_ bytes: [UInt8], chunk: Int = .max) -> Result<ModelBody, ModelBodyError> {
        Result { () throws(ModelBodyError) in
            var decoder = ModelDecoder(expecting: Samples.expectation(layout))
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + min(chunk, bytes.count))
                try decoder.append(Array(bytes[start..<end]))
                start = end
            }
            return try decoder.finish()
        }
    }

    @Test func bodiesComeBackBitForBit() throws {
        for count in [1, 2, 1000, 1_199_882] {
            let layout = ParameterLayout([("a", [count])])
            let parameters = Samples.anyFinite(count, seed: UInt64(count))
            let body = ModelBody(Samples.header(count), parameters)
            let bytes = body.encoded()
            #expect(bytes.count == 128 + 4 * count)
            #expect(bytes.count == Samples.expectation(layout).bodyByteCount)
            let back = try ModelBody(decoding: bytes, expecting: Samples.expectation(layout))
            #expect(back == body)
            #expect(back.header.sampleCount == 600)
        }
    }

    @Test func chunksOfAnySizeGiveTheSame() throws {
        let bytes = body.encoded()
        for chunk in 1...bytes.count {
            #expect(try decode(bytes, chunk: chunk).get() == body, "chunks of \(chunk)")
        }
    }

    @Test func theHeaderIsAsWritten() {
        let header = ModelHeader.update(
            run: RunIdentifier("r1")!, round: 0x01020304, client: 5, sampleCount: 0x0607,
            parameterCount: 2, architecture: Samples.digest)
        let bytes = ModelBody(header, ParameterVector([1, -2])).encoded()
        #expect(bytes.count == 136)
        #expect(
            Array(bytes[..<16])
                == [0x89, 0x46, 0x45, 0x44, 0x0D, 0x0A, 0x1A, 0x0A, 1, 0, 2, 0, 4, 3, 2, 1])
        #expect(Array(bytes[16..<48]) == Array("r1".utf8) + [UInt8](repeating: 0, count: 30))
        #expect(Array(bytes[48..<64]) == [5, 0, 0, 0, 0, 0, 0, 0, 7, 6, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[64..<80]) == [2, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[80..<112]) == [UInt8](repeating: 0xAB, count: 32))
        // By the xxhash package of Python.
        #expect(
            Array(bytes[112..<128]) == [
                0xD9, 0xC9, 0xDC, 0xCF, 0x7C, 0xA0, 0x9B, 0xF3,
                0x16, 0xB7, 0xC0, 0xDE, 0xF7, 0xD5, 0x81, 0x00,
            ])
        #expect(Array(bytes[128...]) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0])
    }

    @Test func aGlobalModelIsTakenFromAnyRoundOrAGivenOne() throws {
        let parameters = Samples.weights(layout.count, seed: 1)
        let header = ModelHeader.globalModel(
            run: Samples.run, round: 7, parameterCount: layout.count, architecture: Samples.digest)
        let bytes = ModelBody(header, parameters).encoded()
        func read(_ round: Int?) throws -> ModelHeader {
            try ModelBody(
                decoding: bytes,
                expecting: .globalModel(
                    run: Samples.run, round: round, architecture: Samples.digest, layout: layout)
            ).header
        }
        #expect(try read(nil).round == 7)
        #expect(try read(7).round == 7)
        let error = ModelBodyError.wrongHeader(.round, byte: 12, expected: "6", got: "7")
        #expect(throws: error) { try read(6) }
    }

    @Test func everyTruncationIsRefused() {
        let bytes = body.encoded()
        for count in 0..<bytes.count {
            #expect(
                decode(Array(bytes[..<count]))
                    == .failure(.truncated(got: count, expected: bytes.count)))
        }
    }

    @Test func aThousandTruncationsOfTheReferenceModelAreRefused() {
        let layout = Samples.reference
        let bytes = ModelBody(
            Samples.header(layout.count), Samples.weights(layout.count, seed: 2)
        ).encoded()
        var random = RandomStream(RandomKey(seed: 5, purpose: .benchmark))
        // In one pass: the decoder is a value, so a copy of it may be asked to finish anywhere.
        var offsets = Set((0..<1000).map { _ in random.next(in: 129...bytes.count - 1) }).sorted()
        offsets += [bytes.count]
        var decoder = ModelDecoder(expecting: Samples.expectation(layout))
        var start = 0
        for offset in offsets.prefix(40) + offsets.suffix(4) {
            let result = Result { () throws(ModelBodyError) in
                try decoder.append(Array(bytes[start..<offset]))
                var copy = decoder
                return try copy.finish()
            }
            start = offset
            if offset < bytes.count {
                #expect(result == .failure(.truncated(got: offset, expected: bytes.count)))
            } else {
                #expect((try? result.get()) != nil)
            }
        }
        for offset in offsets.dropLast() {
            var short = ModelDecoder(expecting: Samples.expectation(layout))
            let error = #expect(throws: ModelBodyError.self) {
                try short.append(Array(bytes[..<min(offset, 200_000)]))
                _ = try short.finish()
            }
            #expect(
                error == .truncated(got: min(offset, 200_000), expected: bytes.count))
        }
    }

    @Test func everyFlippedByteIsRefused() {
        let bytes = body.encoded()
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

    @Test func aWrongHeaderIsRefusedAtItsFirstWrongByte() {
        let bytes = body.encoded()
        let known = ModelHeader.Field.allCases.filter { $0 != .samples && $0 != .checksum }
        for field in known {
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

    @Test func errorsSayWhatWasExpected() {
        func text(_ change: (inout [UInt8]) -> Void) -> String {
            var bytes = body.encoded()
            change(&bytes)
            return decode(bytes).failure?.description ?? "taken"
        }
        #expect(
            text { $0[0] = 0x50 }
                == "byte 0 of the body: its magic is 0x504645440d0a1a0a: expected "
                + "0x894645440d0a1a0a")
        #expect(
            text { $0[8] = 2 } == "byte 8 of the body: its version is 2: expected 1")
        #expect(text { $0[10] = 1 } == "byte 10 of the body: its kind is 1: expected 2")
        #expect(text { $0[12] = 9 } == "byte 12 of the body: its round is 9: expected 2")
        #expect(
            text { $0[17] = 0x31 }
                == "byte 17 of the body: its run is “21260131_235959”: expected “20260131_235959”")
        #expect(text { $0[48] = 4 } == "byte 48 of the body: its client is 4: expected 3")
        #expect(
            text { $0[64] = 8 } == "byte 64 of the body: its parameters is 8: expected 9")
        #expect(text { $0[72] = 8 } == "byte 72 of the body: its length is 8: expected 36")
        #expect(
            text { $0 = Array($0[..<149]) } == "the body ends after 149 bytes: expected 164")
        #expect(
            text { $0.append(0) }
                == "the body goes on after 164 bytes, which is all that its header says")
        #expect(
            text { $0.replaceSubrange(148..<152, with: [0, 0, 0xC0, 0x7F]) }
                == "parameter 5 (dense1/kernel, element 5) is NaN: expected a finite number")
        #expect(
            text { $0.replaceSubrange(152..<156, with: [0, 0, 0x80, 0xFF]) }
                == "parameter 6 (dense1/bias, element 0) is -infinity: expected a finite number")
        let checksum = text { $0[112] ^= 0xFF }
        #expect(checksum.hasPrefix("the body's bytes have the checksum "), "\(checksum)")
    }

    @Test func sampleCountsOutsideTheirRangeAreRefused() {
        let bad: [UInt64] = [
            0, UInt64(bitPattern: -1), 1 << 29, 1_000_000_000_000_000_000, UInt64(Int64.max), .max,
        ]
        for count in bad {
            var bytes = body.encoded()
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
            var parameters = Samples.weights(layout.count, seed: 3)
            parameters.withUnsafeMutableBufferPointer { $0[index] = -.infinity }
            let bytes = ModelBody(Samples.header(layout.count), parameters).encoded()
            var decoder = ModelDecoder(expecting: Samples.expectation(layout))
            #expect(
                throws: ModelBodyError.notFinite(
                    .minusInfinity, ParameterPlace(index: index, layout: layout))
            ) { try decoder.append(Array(bytes[..<(128 + 4 * (index + 1))])) }
        }
    }

    @Test func randomBytesAreRefused() {
        var random = RandomStream(RandomKey(seed: 11, purpose: .benchmark))
        for _ in 0..<2000 {
            let bytes = (0..<random.next(in: 0...400)).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            #expect(decode(bytes).failure != nil)
        }
    }

    @Test func aChangedUpdateHasAnotherChecksum() {
        var other = body.parameters
        other.withUnsafeMutableBufferPointer { $0[0] = -$0[0] }
        #expect(ModelBody(body.header, other).checksum != body.checksum)
        var header = body.header
        header.sampleCount = 601
        #expect(ModelBody(header, body.parameters).checksum != body.checksum)
    }
}

extension Result {
    var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
