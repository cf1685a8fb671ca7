import Foundation
import JSON
import NeuralNetworks
import Parameters
import TestThreads
import Testing

@Suite("Architectures in files", .holdsItsThread)
struct ArchitectureFileTests {
    private func read(_ text: String) throws(ArchitectureFileError) -> ArchitectureFile {
        try ArchitectureFile(text: Array(text.utf8), name: "mine.json")
    }

    private func refusal(_ text: String) -> String? {
        let error = #expect(throws: ArchitectureFileError.self) { try read(text) }
        return error?.description
    }

    private static let small = """
        {"input": [28, 28, 1], "layers": [
          {"layer": "convolution", "filters": 32, "kernel": 3, "activation": "relu"},
          {"layer": "max-pooling", "window": [2, 3]}, {"layer": "dropout", "rate": 0.25},
          {"layer": "residual", "layers": [{"layer": "relu"}], "shortcut": []},
          {"layer": "flatten"}, {"layer": "dense", "units": 10, "initializer": "he-normal"}]}
        """

    @Test("A file says what the same layers in Swift say")
    func reads() throws {
        let file = try read(Self.small)
        #expect(file.input == .image(height: 28, width: 28, channels: 1))
        #expect(
            file.layers == [
                .convolution(filters: 32, kernel: 3, activation: .relu),
                .maxPooling(Extent2D(height: 2, width: 3)), .dropout(0.25), .residual([.relu]),
                .flatten, .dense(10, initializer: .heNormal),
            ])
        #expect(file.notes.isEmpty)
    }

    @Test("What is written is read back the same: text and JSON", arguments: NamedModel.allCases)
    func writes(model: NamedModel) throws {
        let input = FeatureShape.image(height: 28, width: 28, channels: 1)
        let architecture = try model.architecture(input: input)
        let file = ArchitectureFile(architecture)
        let text = try file.text()
        #expect(try read(text) == file)
        #expect(text.split(separator: "\n").count == 5 + architecture.layers.count, "\(text)")
        let back = try read(String(decoding: try file.json().encoded(), as: UTF8.self))
        #expect(back == file)
        #expect(try back.architecture(for: input) == architecture)
    }

    @Test("Without an input, the data's shape is taken")
    func withoutInput() throws {
        let file = try read(#"{"layers": [{"layer": "flatten"}, {"layer": "dense", "units": 3}]}"#)
        #expect(file.input == nil)
        let architecture = try file.architecture(for: .image(height: 2, width: 3, channels: 4))
        #expect(architecture.parameterCount == 24 * 3 + 3)
        let error = #expect(throws: ArchitectureError.self) {
            try read(#"{"layers": [{"layer": "dense", "units": 3}]}"#)
                .architecture(for: .image(height: 2, width: 3, channels: 4))
        }
        #expect(
            error?.description
                == "layer 1 (dense): it needs a vector, but gets an image of 2×3×4: put flatten before it"
        )
    }

    /// Layers, and the sentence behind the file's name.
    private static let wrongLayers: [(layers: String, sentence: String)] = [
        (
            #"{"layer": "dense", "units": "ten"}"#,
            ": layer 1 (dense): “units” is “ten”: a whole number was expected"
        ),
        (
            #"{"layer": "dense", "units": 1.5}"#,
            ": layer 1 (dense): “units” is 1.5: a whole number was expected"
        ),
        (
            #"{"layer": "convolution", "filters": 2, "kernel": [3, 1e300]}"#,
            ": layer 1 (convolution): “kernel” is [3, 1e+300]: a whole number was expected"
        ),
        (
            #"{"layer": "leaky-relu", "slope": 0.3}, {"layer": "max-pooling", "window": 0.5}"#,
            ": layer 2 (max-pooling): “window” is 0.5: a whole number or a list of them was expected"
        ),
        (#"{"layer": "dense"}"#, ": layer 1 (dense): “units” is missing"),
        (
            #"{"layer": "dense", "unit": 3, "units": 3}"#,
            ": layer 1 (dense): “unit” is no key of it: they are activation, initializer, units"
        ),
        (
            #"{"layer": "flatten"}, {"layer": "flatten", "axis": 3}"#,
            ": layer 2 (flatten): “axis” is no key of it: it has none"
        ),
        (#"{"units": 3}"#, ": layer 1: “layer” is missing, which says the kind"),
        (#"{"layer": 3}"#, ": layer 1: “layer” is 3: a text was expected"),
        ("7", ": layer 1: an object was expected, not 7"),
        (
            #"{"layer": "convolution", "filters": 2, "kernel": 3, "padding": "full"}"#,
            ": layer 1 (convolution): “padding” is “full”: there is no such thing: one of valid, same"
        ),
        (
            #"{"layer": "dropout", "rate": "much"}"#,
            ": layer 1 (dropout): “rate” is “much”: a number was expected"
        ),
        (
            #"{"layer": "flatten"}, {"layer": "dense", "units": 0}"#,
            ": layer 2 (dense): 0 is not a size: it must be at least 1"
        ),
        (
            #"{"layer": "max-pooling", "window": 29}, {"layer": "flatten"}"#,
            ": layer 1 (max-pooling): the 29×29 window does not fit into an image of 28×28×1"
        ),
        (
            #"{"layer": "flatten"}, {"layer": "residual", "layers": [{"layer": "relu"}, {"layer": "dense"}]}"#,
            ": layer 2.2 (dense): “units” is missing"
        ),
        (
            #"{"layer": "flatten"}, {"layer": "residual", "layers": [], "shortcut": [{"layer": "x"}]}"#,
            // Which there are is asked when it is read: other tests register kinds.
            ": layer 2.s1: there is no layer “x”: they are KINDS"
        ),
        (
            #"{"layer": "residual", "layers": [], "depth": 3}"#,
            ": layer 1 (residual): “depth” is no key of it: they are layers, shortcut"
        ),
        (
            #"{"layer": "convolution", "filters": 2, "kernel": 3}"#,
            ": the last layer gives an image of 26×26×2: an architecture ends in a vector"
        ),
        (
            #"{"layer": "flatten"}"#,
            ": none of the layers has parameters: there is nothing to train"
        ),
    ]

    @Test("A layer that makes no sense is named with its place", arguments: wrongLayers.indices)
    func wrong(index: Int) {
        let (layers, sentence) = Self.wrongLayers[index]
        let kinds = Layer.kindNames.joined(separator: ", ")
        #expect(
            refusal(#"{"input": [28, 28, 1], "layers": [\#(layers)]}"#)
                == "mine.json" + sentence.replacingOccurrences(of: "KINDS", with: kinds))
    }

    @Test("What is no architecture at all is refused")
    func noArchitecture() {
        let dense = #"[{"layer": "dense", "units": 2}]"#
        for (text, problem) in [
            ("[]", "an object with a list of layers was expected, not []"),
            ("{}", "“layers” is missing"),
            (#"{"layers": 3}"#, "“layers” is 3: a list was expected"),
            (
                #"{"layers": \#(dense), "optimizer": "sgd"}"#,
                "“optimizer” is no key of it: they are input and layers"
            ),
            (
                #"{"input": [0, 28, 1], "layers": \#(dense)}"#,
                "“input” is [0, 28, 1]: [H, W, C] or [F] was expected, whole numbers of at least 1"
            ),
            (
                #"{"input": 7, "layers": \#(dense)}"#,
                "“input” is 7: [H, W, C] or [F] was expected, whole numbers of at least 1"
            ),
            (
                #"{"layers": [], "layers": []}"#,
                "byte 15 of the JSON: expected another key than “layers”, which has come before"
            ),
            ("", "byte 0 of the JSON: expected a value"),
        ] { #expect(refusal(text) == "mine.json is no architecture: \(problem)") }
    }

    @Test("However deep a file nests, and whatever sizes it says, it is read or refused at once")
    func beyondAllBounds() throws {
        let deep = String(repeating: #"{"layer": "residual", "layers": ["#, count: 100_000)
        for text in [
            #"{"layers": ["# + deep, String(repeating: "[", count: 100_000),
            #"{"input": "# + String(repeating: "[", count: 100_000),
        ] {
            let sentence = try #require(refusal(text))
            #expect(sentence.hasSuffix("at most 64 lists or objects within each other"))
        }
        // 10¹⁰ parameters, of one layer and of several.
        #expect(
            refusal(
                #"{"input": [100000], "layers": [{"layer": "dense", "units": 100000}]}"#)
                == "mine.json: layer 1 (dense): with it the model has 10,000,100,000 parameters, and "
                + "2,147,483,647 at most are read")
        let wide = #"{"layer": "dense", "units": 40000}, "#
        #expect(
            refusal(
                #"{"input": [40000], "layers": [\#(wide)\#(wide){"layer": "dense", "units": 2}]}"#)
                == "mine.json: layer 2 (dense): with it the model has 3,200,080,000 parameters, and "
                + "2,147,483,647 at most are read")
        for units in ["9223372036854775807", "2147483648", "1e30", "99999999999999999999", "-1"] {
            let sentence = refusal(
                #"{"input": [3], "layers": [{"layer": "dense", "units": \#(units)}]}"#)
            #expect(sentence?.hasPrefix("mine.json: layer 1 (dense): ") == true, "\(units)")
        }
        let many = Array(repeating: #"{"layer": "relu"}"#, count: 1001).joined(separator: ",")
        #expect(refusal(#"{"layers": [\#(many)]}"#) == "mine.json: there are more than 1000 layers")
    }

    @Test("Bytes that chance has changed are read or refused, never a trap")
    func corrupted() {
        let text = Array(Self.small.utf8)
        for seed in UInt64(1)...2000 {
            var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
            var bytes = text
            for _ in 0...random.next(below: 4) {
                bytes[random.next(below: bytes.count)] = UInt8(random.next(below: 256))
            }
            if random.next(below: 4) == 0 { bytes.removeLast(random.next(below: bytes.count)) }
            do {
                let file = try ArchitectureFile(text: bytes, name: "mine.json")
                #expect(!file.layers.isEmpty || file.input == nil, "seed \(seed)")
            } catch {
                #expect("\(error)".hasPrefix("mine.json"), "seed \(seed): \(error)")
            }
        }
    }

    @Test("A file that is not there, a folder and one without end are refused")
    func unreadable() {
        for (path, why) in [
            ("/nowhere/mine.json", "No such file or directory"), ("/tmp", "it is no file"),
            ("/dev/zero", "it has more than 16,777,216 bytes"),
        ] {
            let error = #expect(throws: ArchitectureFileError.self) {
                try ArchitectureFile(path: path)
            }
            #expect(error?.description == "\(path) cannot be read: \(why)")
        }
    }

    @Test("A summary has each layer, its parameters and what computes it")
    func summary() throws {
        let input = FeatureShape.image(height: 28, width: 28, channels: 1)
        for model in NamedModel.allCases {
            let architecture = try model.architecture(input: input)
            for engine in Engine.allCases {
                let summary = ArchitectureSummary(architecture, engine: engine)
                #expect(
                    summary.rows.map(\.parameterCount).reduce(0, +) == architecture.parameterCount)
                let plan = Plan(architecture, batchSize: 1, purpose: .training, engine: engine)
                #expect(summary.rows.flatMap(\.operations).count == plan.operations.count)
                #expect(summary.flopsPerSample == plan.flopsPerSample.reduce(0, +))
                if engine == .plain { #expect(!summary.rows.contains { $0.isFused == true }) }
            }
        }
        let rows = try ArchitectureSummary(NamedModel.referenceCNN.architecture(input: input)).rows
        #expect(rows.map(\.place) == (1...8).map { "\($0)" })
        #expect(rows.map(\.parameterCount) == [320, 18_496, 0, 0, 0, 1_179_776, 0, 1290])
        #expect(rows[0].operations == ["conv1"] && rows[0].isFused == true)
        #expect(rows[2].joined == "2" && rows[2].isFused == nil)
        let block = try Architecture(
            input: .vector(3), [.residual([.dense(3), .relu], shortcut: [.dense(3)]), .dense(2)])
        let nested = ArchitectureSummary(block).rows
        #expect(nested.map(\.place) == ["1", "1.1", "1.2", "1.s1", "2"])
        #expect(nested.map(\.parameterCount) == [0, 12, 0, 12, 8])
        #expect(nested[0].operations == ["fork", "join"])
    }
}
