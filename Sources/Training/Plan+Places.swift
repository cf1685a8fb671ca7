import Datasets
import NeuralNetworks

extension Plan {
    /// Where a batch of samples goes.
    package var places: BatchPlaces {
        BatchPlaces(
            images: images, labels: labels, targets: targets, outputs: architecture.classCount)
    }
}
