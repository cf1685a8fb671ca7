import Datasets
import NeuralNetworks

extension Samples {
    /// A sample's shape as a model takes it.
    public var featureShape: FeatureShape {
        isVector ? .vector(width) : .image(height: height, width: width, channels: channels)
    }

    /// Outputs of a model that says what is to be said of a sample: one for each class, or number.
    public var outputCount: Int { targetCount > 0 ? targetCount : classCount }
}
