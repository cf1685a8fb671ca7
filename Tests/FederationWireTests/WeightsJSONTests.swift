import Federation
import FederationWire
import Foundation
import Parameters
import TestThreads
import Testing

@Suite(.holdsItsThread) struct WeightsJSONTests {
    private func decode(_ text: String) -> Result<ParameterVector, WeightsError> {
        Result { () throws(WeightsError) in
            try WeightsJSON.decode(Array(text.utf8), layout: Samples.small)
        }
    }

    private func error(_ text: String) -> String {
        decode(text).failure?.description ?? "taken"
    }

    @Test func modelsComeBackBitForBit() throws {
        for (seed, layout) in [Samples.small, Samples.reference].enumerated() {
            for parameters in [
                Samples.anyFinite(layout.count, seed: UInt64(seed)),
                Samples.weights(layout.count, seed: UInt64(seed)),
            ] {
                let text = WeightsJSON.encode(parameters, layout: layout)
                #expect(text.count <= WeightsJSON.byteLimit(layout))
                let back = try WeightsJSON.decode(text, layout: layout)
                #expect(back == parameters)
            }
        }
    }

    @Test func foundationReadsTheSame() throws {
        let parameters = Samples.anyFinite(9, seed: 4)
        let data = Data(WeightsJSON.encode(parameters, layout: Samples.small))
        let lists = try #require(try JSONSerialization.jsonObject(with: data) as? [Any])
        #expect(lists.count == 2)
        let kernel = try #require(lists[0] as? [[Double]])
        #expect(kernel.flatMap { $0 }.map { Float($0) } == parameters.array(in: 0..<6))
        #expect((lists[1] as? [Double])?.map { Float($0) } == parameters.array(in: 6..<9))
    }

    @Test func spaceAndAllFormsOfNumbersAreTaken() throws {
        let text = " [ [ [1,-2e0,3.50E+0] ,\n[0.0,-0,1e-50]],[ 16777217, 1E2 ,0.1]\t] "
        #expect(
            try decode(text).get()
                == ParameterVector([1, -2, 3.5, 0, -0.0, 0, 16_777_216, 100, 0.1]))
    }

    @Test func numbersAreRoundedOnceToTheNearestFloat() throws {
        var random = RandomStream(RandomKey(seed: 9, purpose: .benchmark))
        var texts: [String] = []
        for _ in 0..<50_000 {
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
            guard value.isFinite, value.nextUp.isFinite else { continue }
            // What other programs print, and what lies on the border of two Floats or beside it.
            let middle = (Double(value) + Double(value.nextUp)) / 2
            texts += ["\(Double(value))", "\(middle)", "\(middle.nextUp)", "\(middle.nextDown)"]
            texts.append(String(format: "%.\(random.next(in: 0...25))e", middle))
            texts.append("\(random.next()).\(random.next())e-\(random.next(in: 0...60))")
        }
        let layout = ParameterLayout([("a", [texts.count])])
        let bytes = Array("[[\(texts.joined(separator: ","))]]".utf8)
        let read = try WeightsJSON.decode(bytes, layout: layout).array(in: 0..<texts.count)
        var wrong: [String] = []
        for (text, value) in zip(texts, read)
        where Float(text)?.bitPattern != value.bitPattern { wrong.append(text) }
        #expect(wrong.isEmpty, "of seed 9: \(wrong.prefix(5))")
    }

    @Test func wrongShapesAreNamed() {
        let good = "[[1,2,3],[4,5,6]]"
        #expect(error("[]") == "the list has 0 tensors: expected 2")
        #expect(error("[\(good)]") == "the list has 1 tensors: expected 2")
        #expect(
            error("[\(good),[1,2,3],[1]]") == "the list has more than 2 tensors: expected 2")
        #expect(
            error("[[[1,2],[4,5,6]],[1,2,3]]")
                == "dense1/kernel[0] is a list of 2: expected a list of 3 numbers, the tensor's "
                + "shape is [2, 3]")
        #expect(
            error("[[[1,2,3],[4,5,6,7]],[1,2,3]]")
                == "dense1/kernel[1] is a list of more than 3: expected a list of 3 numbers, the "
                + "tensor's shape is [2, 3]")
        #expect(
            error("[[[1,2,3]],[1,2,3]]")
                == "dense1/kernel is a list of 1: expected a list of 2 lists, the tensor's shape "
                + "is [2, 3]")
        #expect(
            error("[[[1,2,3],[4,5,6],[7,8,9]],[1,2,3]]")
                == "dense1/kernel is a list of more than 2: expected a list of 2 lists, the "
                + "tensor's shape is [2, 3]")
        #expect(
            error("[[[],[4,5,6]],[1,2,3]]")
                == "dense1/kernel[0] is a list of 0: expected a list of 3 numbers, the tensor's "
                + "shape is [2, 3]")
        #expect(
            error("[[],[1,2,3]]")
                == "dense1/kernel is a list of 0: expected a list of 2 lists, the tensor's shape "
                + "is [2, 3]")
        #expect(
            error("[\(good),7]")
                == "dense1/bias is a number: expected a list of 3 numbers, the tensor's shape is "
                + "[3]")
        #expect(
            error("[\(good),[1,[2],3]]")
                == "dense1/bias[1] is a list: expected a number, the tensor's shape is [3]")
        for (word, name) in [
            ("null", "null"), ("true", "true"), ("false", "false"), ("\"1\"", "a text"),
            ("{}", "an object"),
        ] {
            #expect(
                error("[\(good),[1,2,\(word)]]")
                    == "dense1/bias[2] is \(name): expected a number, the tensor's shape is [3]")
        }
        #expect(decode("[]").failure?.apiError.code == .wrongShape)
    }

    @Test func whatIsNotFiniteIsNamed() {
        for word in ["NaN", "Infinity", "-Infinity"] {
            #expect(
                error("[[[1,2,3],[4,\(word),6]],[1,2,3]]")
                    == "dense1/kernel[1][1] is \(word): expected a finite number")
        }
        #expect(
            error("[[[1,2,3],[4,5,6]],[-1e39,2,3]]")
                == "dense1/bias[0] is -1e39, beyond a Float's range: expected a finite number")
        #expect(
            error("[[[1,2,3],[4,5,6]],[3.4028236e38,2,3]]")
                == "dense1/bias[0] is 3.4028236e38, beyond a Float's range: expected a finite "
                + "number")
        #expect(decode("[[[1,2,3],[4,5,6]],[1e99,2,3]]").failure?.apiError.code == .notFinite)
    }

    @Test func malformedTextIsNamed() {
        let table = [
            ("", "byte 0 of the JSON: expected a list of 2 tensors"),
            ("{}", "byte 0 of the JSON: expected a list of 2 tensors"),
            (
                "[[[1,2,3],[4,5,6]],[1,2,3]] x",
                "byte 28 of the JSON: expected the end of the document"
            ),
            (
                "[[[1 2,3],[4,5,6]],[1,2,3]]",
                "byte 5 of the JSON: expected a comma or the end of the list"
            ),
            ("[[[1,,3],[4,5,6]],[1,2,3]]", "byte 5 of the JSON: expected a value"),
            (
                "[[[01,2,3],[4,5,6]],[1,2,3]]",
                "byte 4 of the JSON: expected a number without leading zeros"
            ),
            (
                "[[[1.,2,3],[4,5,6]],[1,2,3]]",
                "byte 5 of the JSON: expected a digit after the point"
            ),
            ("[[[-,2,3],[4,5,6]],[1,2,3]]", "byte 3 of the JSON: expected a value"),
            (
                "[[[1,2,3],[4,5,6]],[1,2,3]",
                "byte 26 of the JSON: expected a comma or the end of the list"
            ),
            ("[[[1,2,3", "byte 8 of the JSON: expected a comma or the end of the list"),
        ]
        for (text, message) in table { #expect(error(text) == message, "\(text)") }
    }

    @Test func everyTruncationIsRefused() {
        let text = WeightsJSON.encode(Samples.anyFinite(9, seed: 1), layout: Samples.small)
        for count in 0..<text.count {
            #expect(throws: WeightsError.self) {
                try WeightsJSON.decode(Array(text[..<count]), layout: Samples.small)
            }
        }
    }

    @Test func deepListsAndGarbageAreRefusedAtOnce() {
        #expect(
            error(String(repeating: "[", count: 100_000))
                == "dense1/kernel[0][0] is a list: expected a number, the tensor's shape is [2, 3]")
        #expect(error(String(repeating: "{\"a\":", count: 100_000)).hasPrefix("byte 0"))
        let garbage = [UInt8](repeating: UInt8(ascii: " "), count: 64 << 20)
        #expect(throws: WeightsError.self) {
            try WeightsJSON.decode(garbage, layout: Samples.small)
        }
        var random = RandomStream(RandomKey(seed: 3, purpose: .benchmark))
        let alphabet = Array("[[[]],,.0123456789eE+-\"{}: nulltrefaNI\\\u{0}".utf8)
        for _ in 0..<5000 {
            let bytes = (0..<random.next(in: 0...60)).map { _ in
                alphabet[random.next(below: alphabet.count)]
            }
            #expect(throws: WeightsError.self) {
                try WeightsJSON.decode(bytes, layout: Samples.small)
            }
        }
    }

    @Test func aMillionNumbersComeBackAsTheyWere() throws {
        let layout = Samples.reference
        let parameters = Samples.weights(layout.count, seed: 8)
        let text = WeightsJSON.encode(parameters, layout: layout)
        #expect(try WeightsJSON.decode(text, layout: layout) == parameters)
        // As Python prints them: the shortest text of the Double.
        let long = Array(
            "[[\(parameters.array(in: 0..<layout.count).map { "\(Double($0))" }.joined(separator: ", "))]]"
                .utf8)
        let flat = ParameterLayout([("a", [layout.count])])
        #expect(try WeightsJSON.decode(long, layout: flat) == parameters)
    }
}
