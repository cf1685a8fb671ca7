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
    /// Two 5×5 convolutions of 32 and 64 filters with pooling and a dense layer of 512; 582,026 parameters on
    /// 28×28×1.
    ///
    /// Source: Zhang et al., "PFLlib: a beginner-friendly and comprehensive personalized federated learning
    /// library and benchmark", JMLR 2025: its CNN for FedAvg.
    case pfllibCNN = "pfllib-cnn"
    /// Nine residual blocks of two 3×3 convolutions with 16, 32 and 64 filters, and group normalisation in 8
    /// groups; 273,258 parameters on 32×32×3.
    ///
    /// Source: He et al., "Deep residual learning for image recognition", CVPR 2016, section 4.2 with n = 3
    /// (ResNet-20), its batch normalisation replaced as in Hsieh et al., "The non-IID data quagmire of
    /// decentralized machine learning", ICML 2020, section 5. Where sizes change the way around is a 1×1
    /// convolution, and each convolution has a bias.
    case resNet = "resnet"

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
        case .pfllibCNN:
            [
                .convolution(filters: 32, kernel: 5, activation: .relu),
                .maxPooling(2),
                .convolution(filters: 64, kernel: 5, activation: .relu),
                .maxPooling(2),
                .flatten,
                .dense(512, activation: .relu),
                .dense(classCount),
            ]
        case .resNet:
            Self.normalized(16, kernel: 3) + [.relu]
                + [16, 16, 16, 32, 32, 32, 64, 64, 64].enumerated().flatMap { index, filters in
                    Self.block(filters, isWider: index == 3 || index == 6)
                }
                + [.globalAveragePooling, .dense(classCount)]
        }
    }

    /// A block of `resNet` and the ReLU behind it; a wider one halves height and width.
    private static func block(_ filters: Int, isWider: Bool) -> [Layer] {
        let strides: Extent2D = isWider ? 2 : 1
        let inner =
            normalized(filters, kernel: 3, strides: strides) + [.relu]
            + normalized(filters, kernel: 3)
        return [
            .residual(
                inner,
                shortcut: isWider ? normalized(filters, kernel: 1, strides: strides) : []),
            .relu,
        ]
    }

    private static func normalized(
        _ filters: Int, kernel: Extent2D, strides: Extent2D = 1
    ) -> [Layer] {
        [
            .convolution(
                filters: filters, kernel: kernel, strides: strides, padding: .same,
                initializer: .heNormal),
            .groupNormalization(groups: 8),
        ]
    }
}
