import Datasets
import NeuralNetworks

/// Two tasks of FLUTE's README, which has FedML's and Flower's times beside its own.
extension PublishedSetting {
    private static let source = "README of github.com/microsoft/msrflute"

    /// LR_MNIST.
    static let logisticMNIST: PublishedSetting = {
        var settings = RunSpec()
        settings.partition = .powerLawLabels(perClient: 2)
        settings.clients = 1000
        settings.cohort = .count(10)
        settings.rounds = 100
        settings.epochs = 1
        settings.batchSize = .samples(10)
        settings.learningRate = 0.03
        settings.weightDecay = 0.001
        settings.scaling = .standard
        settings.model = .logisticRegression
        settings.evaluateEvery = 20
        settings.noClientEvaluation = true
        return PublishedSetting(
            id: "S1", title: "FLUTE, LR_MNIST",
            summary:
                "logistic regression, 1,000 clients of 2 digits, 69 samples on average by a power law; 10 "
                + "a round, 100 rounds of 1 epoch, B 10, SGD 0.03, weight decay 0.001, test every 20",
            material: .mnist(samples: 69_035), settings: settings,
            counts: Counts(
                parameters: 7850, clients: 1000, cohort: 10, samples: 69_035, testSamples: 10_000,
                epochs: 1, batchSize: 10),
            times: [
                PublishedTime("Flower 1.0.0", on: "CPU", seconds: 1814, source: source),
                PublishedTime("Flower 1.0.0", on: "2 GPUs", seconds: 4904, source: source),
                PublishedTime("Flower 1.0.0", on: "4 GPUs", seconds: 3405, source: source),
                PublishedTime("FLUTE", on: "CPU", seconds: 200, source: source),
                PublishedTime("FLUTE", on: "2 GPUs", seconds: 91, source: source),
                PublishedTime("FLUTE", on: "4 GPUs", seconds: 86, source: source),
                PublishedTime("FedML 0.7.303, MPI", on: "4 GPUs", seconds: 189, source: source),
            ],
            remarks: [
                "the sizes are log-normal, as Flower's reproduction of FedProx draws them: not the very "
                    + "division that was published"
            ])
    }()

    /// CNN_FEMNIST.
    static let convolutionFEMNIST: PublishedSetting = {
        var settings = RunSpec()
        settings.partition = .natural
        settings.clients = WriterSizes.clients
        settings.cohort = .count(10)
        settings.rounds = 1500
        settings.epochs = 1
        settings.batchSize = .samples(20)
        settings.learningRate = 0.1
        settings.model = .referenceCNN
        settings.evaluateEvery = 50
        settings.noClientEvaluation = true
        return PublishedSetting(
            id: "S2", title: "FLUTE, CNN_FEMNIST",
            summary:
                "reference CNN with 62 outputs, 3,400 writers with 197.5 images on average; 10 a round, "
                + "1,500 rounds of 1 epoch, B 20, SGD 0.1, test every 50",
            material: .characters(background: 255), settings: settings,
            counts: Counts(
                parameters: 1_206_590, clients: 3400, cohort: 10, samples: 671_585,
                testSamples: 77_483, epochs: 1, batchSize: 20),
            times: [
                PublishedTime("FedML 0.7.303, MPI", on: "4 GPUs", seconds: 20_992, source: source),
                PublishedTime("FLUTE", on: "4 GPUs", seconds: 502, source: source),
            ],
            remarks: [
                "1,500 rounds are the README's; the configurations beside it have 800"
            ])
    }()
}
