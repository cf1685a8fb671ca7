/// Architectures that the command knows by name.
public enum NamedModel: String, CaseIterable, Sendable, Codable {
    /// Two 3×3 convolutions, max-pooling, dropout and two dense layers, as in Keras's MNIST
    /// example; 1,199,882 parameters on 28×28×1.
    case referenceCNN = "reference-cnn"
    /// One dense layer; 7,850 parameters on 28×28×1.
    case logisticRegression = "logistic-regression"
    /// Two hidden layers of 200 units; 199,210 parameters on 28×28×1.
    ///
    /// Source: McMahan et al., "Communication-efficient learning of deep networks from
    /// decentralized data", AISTATS 2017, section 3.
    case mcmahan2NN = "mcmahan-2nn"
    /// Two 5×5 convolutions with pooling and a dense layer of 512; 1,663,370 parameters on 28×28×1.
    ///
    /// Source: as `mcmahan2NN`.
    case mcmahanCNN = "mcmahan-cnn"

    /// Two 5×5 convolutions of 6 and 16 filters with pooling, and dense layers of 120 and 84; 44,426
    /// parameters on 28×28×1.
    ///
    /// Source: Li et al., "Federated learning on non-IID data silos: an experimental study"
    /// (NIID-Bench), ICDE 2022, section V.
    case niidCNN = "niid-cnn"

    /// The architecture for images of that shape.
    /// - Throws: `ArchitectureError` if the images are too small for it.
    public func architecture(
        input: FeatureShape, classCount: Int = 10
    ) throws(ArchitectureError) -> Architecture {
        try Architecture(input: input, layers(classCount: classCount))
    }

    private func layers(classCount: Int) -> [Layer] {
        switch self {
        case .referenceCNN:
            [
                .convolution(filters: 32, kernel: 3, activation: .relu),
                .convolution(filters: 64, kernel: 3, activation: .relu),
                .maxPooling(2),
                .dropout(0.25),
                .flatten,
                .dense(128, activation: .relu),
                .dropout(0.5),
                .dense(classCount),
            ]
        case .logisticRegression:
            [.flatten, .dense(classCount)]
        case .mcmahan2NN:
            [
                .flatten,
                .dense(200, activation: .relu),
                .dense(200, activation: .relu),
                .dense(classCount),
            ]
        case .mcmahanCNN:
            [
                .convolution(filters: 32, kernel: 5, padding: .same, activation: .relu),
                .maxPooling(2),
                .convolution(filters: 64, kernel: 5, padding: .same, activation: .relu),
                .maxPooling(2),
                .flatten,
                .dense(512, activation: .relu),
                .dense(classCount),
            ]
        case .niidCNN:
            [
                .convolution(filters: 6, kernel: 5, activation: .relu),
                .maxPooling(2),
                .convolution(filters: 16, kernel: 5, activation: .relu),
                .maxPooling(2),
                .flatten,
                .dense(120, activation: .relu),
                .dense(84, activation: .relu),
                .dense(classCount),
            ]
        }
    }
}
