import Foundation
import JSON
import NeuralNetworks
import Parameters
import TestThreads
import Testing

@Suite("Keras models in files", .holdsItsThread)
struct KerasFileTests {
    /// What `Scripts/check/keras_fixture.py` writes.
    private struct Fixture: Decodable {
        struct Tensor: Decodable {
            let shape: [Int]
            let values: [Float]
        }
        struct Model: Decodable {
            let name: String
            let keras3: String
            let keras2: String
            let tensors: [String: Tensor]
            let samples: [Float]
            let logits: [Double]
        }
        let models: [Model]
    }

    private static func fixture() throws -> Fixture {
        let url = try #require(
            Bundle.module.url(forResource: "Fixtures/keras-models", withExtension: "json"))
        return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
    }

    private func read(_ text: String) throws(ArchitectureFileError) -> ArchitectureFile {
        try ArchitectureFile(text: Array(text.utf8), name: "k.json")
    }

    @Test(
        "What Keras 3 and Keras 2 write gives Keras's logits with its weights",
        arguments: ["convolutional", "normalized", "words", "nested"], [2, 3])
    func logits(name: String, version: Int) throws {
        let model = try #require(try Self.fixture().models.first { $0.name == name })
        let file = try read(version == 3 ? model.keras3 : model.keras2)
        let architecture = try file.architecture(for: try #require(file.input))
        #expect(architecture.layout.entries.count == model.tensors.count)
        let parameters = try ParameterVector(
            architecture.layout.entries.flatMap { entry in
                let tensor = try #require(model.tensors[entry.name], "\(entry.name)")
                #expect(tensor.shape == entry.shape, "\(entry.name)")
                return tensor.values
            })
        let count = model.samples.count / architecture.input.count
        #expect(model.logits.count == count * architecture.classCount)
        for engine in Engine.allCases {
            let plan = Plan(architecture, batchSize: count, purpose: .inference, engine: engine)
            plan.load(parameters)
            for (index, value) in model.samples.enumerated() { plan.images[index] = value }
            for index in 0..<count { plan.labels[index] = 0 }
            _ = plan.evaluate(count: count)
            for (index, expected) in model.logits.enumerated() {
                let found = Double(plan.logits[index])
                #expect(abs(found - expected) <= 1e-5 * max(1, abs(expected)), "\(index)")
            }
        }
        let last = name == "normalized" ? "sigmoid" : "softmax"
        #expect(file.notes == ["the model's last \(last) is left out: the loss has it"])
    }

    @Test("Initialisers, strides and sizes are Keras's")
    func settings() throws {
        let model = try #require(try Self.fixture().models.first { $0.name == "convolutional" })
        #expect(
            try read(model.keras3).layers == [
                .convolution(
                    filters: 5, kernel: 3, strides: 2, padding: .same, initializer: .heNormal),
                Layer(Tanh()),
                .convolution(
                    filters: 6, kernel: Extent2D(height: 2, width: 3), activation: .relu,
                    initializer: .heUniform),
                .maxPooling(2), .dropout(0.25), .flatten, .dense(7, initializer: .glorotNormal),
                Layer(Softplus()), .dense(4),
            ])
    }

    // MARK: What is refused

    /// A Sequential of one layer behind an input of 8×8×2.
    private func sequential(_ name: String, _ config: String, input: String = "[null, 8, 8, 2]")
        -> String
    {
        """
        {"class_name": "Sequential", "config": {"name": "s", "layers": [
          {"class_name": "InputLayer", "config": {"batch_shape": \(input)}},
          {"class_name": "\(name)", "config": {"name": "one"\(config)}},
          {"class_name": "Flatten", "config": {}},
          {"class_name": "Dense", "config": {"units": 3, "activation": "softmax"}}]}}
        """
    }

    private static let wrong: [(name: String, config: String, problem: String)] = [
        ("Conv3D", "", "there is no such layer here: there are InputLayer, Dense, Conv2D, "),
        (
            "Conv2D", #", "filters": 2, "kernel_size": [3, 3], "use_bias": false"#,
            "“use_bias” is false: layers here have it always"
        ),
        (
            "Conv2D", #", "filters": 2, "kernel_size": [3, 3], "dilation_rate": [2, 2]"#,
            "“dilation_rate” is [2, 2]: 1 was expected"
        ),
        (
            "Conv2D", #", "filters": 2, "kernel_size": [3, 3], "groups": 2"#,
            "“groups” is 2: 1 was expected"
        ),
        (
            "Conv2D", #", "filters": 2, "kernel_size": [3, 3], "data_format": "channels_first""#,
            "“data_format” is “channels_first”: channels_last was expected"
        ),
        (
            "Conv2D",
            #", "filters": 2, "kernel_size": [3, 3], "kernel_regularizer": {"class_name": "L2"}"#,
            "“kernel_regularizer” is {\"class_name\": \"L2\"}: there is no such thing here"
        ),
        (
            "Conv2D", #", "filters": 2, "kernel_size": [3, 3], "dtype": "float16""#,
            "“dtype” is “float16”: float32 was expected"
        ),
        (
            "Conv2D",
            #", "filters": 2, "kernel_size": [3, 3], "kernel_initializer": {"class_name": "Orthogonal"}"#,
            "“kernel_initializer” is “Orthogonal”: Glorot and He, uniform and normal, zeros and ones are "
                + "there"
        ),
        (
            "Conv2D", #", "filters": 2, "kernel_size": [3, 3], "trainable": false"#,
            "“trainable” is false: all layers are trained here"
        ),
        (
            "Conv2D", #", "filters": 2, "kernel_size": [3, 3], "activation": "swish""#,
            "“activation” is “swish”: linear, relu, leaky_relu, elu, gelu, tanh, sigmoid, softplus and, "
                + "last, softmax are there"
        ),
        (
            "Conv2D", #", "filters": "two", "kernel_size": [3, 3]"#,
            "“filters” is “two”: a whole number was expected"
        ),
        (
            "Conv2D", #", "filters": 2, "kernel_size": [9, 9]"#,
            "the 9×9 window does not fit into an image of 8×8×2"
        ),
        (
            "Activation", #", "activation": "softmax""#,
            "softmax is there as the last layer alone"
        ),
        (
            "BatchNormalization", #", "axis": 1"#,
            "“axis” is 1: the last axis, of channels, was expected"
        ),
        (
            "BatchNormalization", #", "scale": false"#,
            "“scale” is false: layers here have it always"
        ),
        ("ReLU", #", "max_value": 6.0"#, "“max_value” is 6.0: there is no such thing here"),
        ("Reshape", #", "target_shape": [3, -1, 2]"#, "-1 is not a size: it must be at least 1"),
    ]

    @Test("The first layer that is not had here is named", arguments: wrong.indices)
    func refused(index: Int) {
        let (name, config, problem) = Self.wrong[index]
        let error = #expect(throws: ArchitectureFileError.self) {
            try read(sequential(name, config))
        }
        let sentence = error?.description ?? ""
        #expect(sentence.hasPrefix("k.json: layer 1 (\(name) “one”): \(problem)"), "\(sentence)")
    }

    @Test("What is no Sequential is refused")
    func noSequential() {
        for (text, problem) in [
            (
                #"{"class_name": "Functional", "config": {}}"#,
                "it is a Keras model of class “Functional”: Sequential alone is read"
            ),
            (
                #"{"class_name": "Sequential", "config": {}}"#, "“config” has no list of layers"
            ),
            (
                #"{"class_name": "Sequential", "config": {"layers": []}}"#,
                "its Sequential has no layers"
            ),
            (
                sequential("Flatten", "", input: "[null, 2, 2, 2, 2]"),
                "its input shape is [null, 2, 2, 2, 2]: a vector or an image was expected"
            ),
            (
                sequential("Flatten", "", input: "[null, null, 28, 1]"),
                "its input shape is [null, null, 28, 1]: a list of the batch and whole numbers was expected"
            ),
        ] {
            let error = #expect(throws: ArchitectureFileError.self) { try read(text) }
            #expect(error?.description == "k.json is no architecture: \(problem)")
        }
        let nested = String(
            repeating: #"{"class_name": "Sequential", "config": {"layers": ["#, count: 100_000)
        #expect(throws: ArchitectureFileError.self) { try read(nested) }
    }

    @Test("A sigmoid of several outputs is a layer, and that is said")
    func sigmoids() throws {
        let file = try read(
            """
            {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config":
              {"units": 2, "activation": "sigmoid", "batch_input_shape": [null, 4]}}]}}
            """)
        #expect(file.input == .vector(4))
        #expect(file.layers == [.dense(2), Layer(Sigmoid())])
        #expect(
            file.notes == [
                "the model's last sigmoid is a layer of it: sigmoid cross-entropy would have a second"
            ])
    }
}
