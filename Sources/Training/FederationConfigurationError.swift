import Datasets
import Federation
import NeuralNetworks

/// Why a federation cannot be run; one sentence names the value and what was expected.
public enum FederationConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Rules that no run can have.
    case rules(RoundRulesError)
    /// Parts of a strategy that contradict each other, in a sentence.
    case strategy(String)
    /// Images that training cannot shift or flip.
    case augmentation(AugmentationError)
    /// No images to train or to test on.
    case noImages(test: Bool)
    /// Images of another shape than the model takes.
    case shape(test: Bool, found: FeatureShape, model: FeatureShape)
    /// A loss that is not of the images' kind, or of the model's.
    case loss(LossError)
    /// More clients than there are shards for.
    case shards(Int, population: Int)
    /// No thread.
    case threads(Int)

    /// One sentence.
    public var description: String {
        switch self {
        case .rules(let error): error.description
        case .strategy(let problem): problem
        case .augmentation(let error): error.description
        case .noImages(let test): "there are no images to \(test ? "test" : "train") on"
        case .shape(let test, let found, let model):
            "the \(test ? "test" : "training") images are \(found), but the model takes \(model)"
        case .loss(let error): error.description
        case .shards(let count, let population):
            "there are shards for \(count) clients, but the federation has \(population)"
        case .threads(let count): "a federation needs at least 1 thread, not \(count)"
        }
    }
}

extension FederationConfiguration {
    /// Why no federation can have these parts together; nil where one can.
    public var problem: FederationConfigurationError? {
        if let problem = rounds.problem { return .rules(problem) }
        if let problem = strategy.problem { return .strategy(problem) }
        if let problem = training.problem(with: strategy) { return .strategy(problem) }
        guard threads > 0 else { return .threads(threads) }
        for (test, images) in [(false, trainingImages), (true, evaluationSet.images)] {
            guard images.count > 0 else { return .noImages(test: test) }
            let shape = images.featureShape
            // A vector of features lies in memory as an image of them does.
            guard [shape, .vector(images.pixelsPerImage)].contains(architecture.input) else {
                return .shape(test: test, found: shape, model: architecture.input)
            }
            if let problem = loss.problem(with: images, outputs: architecture.classCount) {
                return .loss(problem)
            }
        }
        do throws(AugmentationError) {
            try training.augmentation?.check(trainingImages)
        } catch {
            return .augmentation(error)
        }
        if let count = shards.populationLimit, count < rounds.population {
            return .shards(count, population: rounds.population)
        }
        return nil
    }

    /// This federation, if there can be one: for what comes from outside.
    /// - Throws: `FederationConfigurationError`.
    public func validated() throws(FederationConfigurationError) -> FederationConfiguration {
        if let problem { throw problem }
        return self
    }
}
