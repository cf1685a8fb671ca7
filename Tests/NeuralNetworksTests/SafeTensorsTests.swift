import Foundation
import NeuralNetworks
import Parameters
import TestThreads
import Testing

@Suite("Model files", .holdsItsThread)
struct SafeTensorsTests {
    let architecture: Architecture
    let parameters: ParameterVector

    init() throws {
        architecture = try Architecture(
            input: .image(height: 4, width: 3, channels: 1),
            [.convolution(filters: 2, kernel: 2, activation: .relu), .flatten, .dense(3)])
        parameters = architecture.initialParameters(seed: 1)
    }

    @Test("What is written is read back bit for bit")
    func roundTrip() throws {
        let data = SafeTensors.encode(
            parameters, layout: architecture.layout, metadata: ["model": "a \"tiny\" one"])
        let back = try SafeTensors.decode(data, layout: architecture.layout)
        #expect(back == parameters)
        let headerLength = Int(data[0]) + Int(data[1]) << 8
        #expect((8 + headerLength) % 8 == 0)
        #expect(data.count == 8 + headerLength + 4 * parameters.count)
    }

    @Test("A file cut short anywhere is refused")
    func truncation() {
        let data = SafeTensors.encode(parameters, layout: architecture.layout)
        for length in [0, 7, 8, 20, data.count - 1] {
            #expect(throws: SafeTensorsError.self) {
                try SafeTensors.decode(data.prefix(length), layout: architecture.layout)
            }
        }
    }

    @Test("Another model's file is refused by name and shape")
    func otherModel() throws {
        let other = try Architecture(
            input: .image(height: 4, width: 3, channels: 1),
            [.convolution(filters: 3, kernel: 2), .flatten, .dense(3)])
        let data = SafeTensors.encode(other.initialParameters(seed: 1), layout: other.layout)
        #expect(
            throws: SafeTensorsError.wrongShape(
                tensor: "conv1/kernel", found: [2, 2, 1, 3], expected: [2, 2, 1, 2])
        ) { try SafeTensors.decode(data, layout: architecture.layout) }
        let dense = try Architecture(input: .vector(12), [.dense(3)])
        let denseData = SafeTensors.encode(dense.initialParameters(seed: 1), layout: dense.layout)
        let error = #expect(throws: SafeTensorsError.self) {
            try SafeTensors.decode(denseData, layout: architecture.layout)
        }
        #expect(error?.description == "the model file has no tensor “conv1/kernel”")
    }

    @Test("A header of absurd length or no JSON is refused")
    func header() {
        #expect(throws: SafeTensorsError.headerTooLarge) {
            try SafeTensors.decode(Data(repeating: 0xFF, count: 64), layout: architecture.layout)
        }
        var data = Data([4, 0, 0, 0, 0, 0, 0, 0])
        data.append(contentsOf: "nope".utf8)
        #expect(throws: SafeTensorsError.headerIsNoJSON) {
            try SafeTensors.decode(data, layout: architecture.layout)
        }
    }
}
