// Data of one's own, of any shape and up to 256 classes: here points in the plane, as Floats, on the
// three arms of a spiral.
import Foundation
import SwiftFederated

func spiral(_ count: Int, seed: UInt64) throws -> Samples {
    var random = RandomStream(RandomKey(seed: seed, purpose: .generation))
    var values: [Float] = []
    let labels = (0..<count).map { $0 % 3 }
    for label in labels {
        let radius = random.nextUniform()
        let angle = 4 * radius + 2 * .pi * Double(label) / 3 + random.nextUniform(-0.2, 0.2)
        values += [Float(radius * cos(angle)), Float(radius * sin(angle))]
    }
    return try Samples(values: values, labels: labels, height: 1, width: 2, classCount: 3)
}

let dataset = try Dataset(
    name: "spiral", train: spiral(3000, seed: 1), test: spiral(600, seed: 2))
var spec = RunSpec()
spec.partition = .dirichlet(alpha: 0.5)
spec.model = .mcmahan2NN
spec.learningRate = 0.1
let result = try ExperimentRun(spec, data: RunData(dataset)).run()
print("spiral", result.accuracies.compactMap { $0 })
