import Datasets
import NeuralNetworks

extension PublishedSetting {
    /// All rows, in the order of the table.
    package static let all: [PublishedSetting] = [
        .logisticMNIST, .convolutionFEMNIST, .leNetCIFAR, .convolutionCIFAR, .denseEMNIST,
        .niidBench,
    ]

    /// BlazeFL's quickstart, whose plots have its own times and Flower's by the number of workers.
    static let leNetCIFAR: PublishedSetting = {
        var settings = RunSpec()
        settings.partition = .shards(perClient: 2, size: nil)
        settings.clients = 100
        settings.rounds = 5
        settings.epochs = 5
        settings.batchSize = .samples(50)
        settings.learningRate = 0.1
        settings.model = .niidCNN
        settings.noClientEvaluation = true
        let hardware = "EPYC 7542 (32 cores), 4 RTX 6000, 16 workers"
        let source = "README of github.com/kitsuyaazuma/BlazeFL, read off its plot"
        return PublishedSetting(
            id: "S3", title: "BlazeFL, CIFAR-10",
            summary:
                "LeNet, 100 clients with 2 of 200 shards each, all a round, 5 rounds of 5 epochs, B 50, SGD "
                + "0.1",
            material: .colours, settings: settings,
            counts: Counts(
                parameters: 62_006, clients: 100, cohort: 100, samples: 50_000,
                testSamples: 10_000, epochs: 5, batchSize: 50,
                round: .init(images: 250_000, steps: 5000)),
            times: [
                PublishedTime("Flower", on: hardware, seconds: 65.5, source: source),
                PublishedTime("BlazeFL, threads", on: hardware, seconds: 24.5, source: source),
            ],
            remarks: ["the server's model is tested after each round"])
    }()

    /// pfl-research's comparison of simulators.
    static let convolutionCIFAR: PublishedSetting = {
        var settings = RunSpec()
        settings.partition = .iid
        settings.clients = 1000
        settings.cohort = .count(50)
        settings.rounds = 1500
        settings.epochs = 1
        settings.batchSize = .samples(10)
        settings.learningRate = 0.1
        settings.scaling = .standard
        settings.model = .referenceCNN
        settings.evaluateEvery = 10
        settings.noClientEvaluation = true
        return PublishedSetting(
            id: "S4", title: "pfl-research, CIFAR-10",
            summary:
                "reference CNN on 32x32x3, 1,000 users with 50 images; 50 a round, 1,500 rounds of 1 epoch, "
                + "B 10, SGD 0.1, server's rate 1, unweighted mean, test every 10",
            material: .colours, settings: settings,
            counts: Counts(
                parameters: 1_626_442, clients: 1000, cohort: 50, samples: 50_000,
                testSamples: 10_000, epochs: 1, batchSize: 10,
                round: .init(images: 2500, steps: 250)),
            times: [
                PublishedTime(
                    "pfl-research", on: "A100 40 GB, 10 CPUs", seconds: nil,
                    source: "arXiv 2404.06430, table 1",
                    note:
                        "its times are not checked; by its abstract 7 to 72 times as fast as others"
                )
            ],
            remarks: [
                "users have as many images each, so that the mean by samples is the unweighted one"
            ])
    }()

    /// FedJAX's APFL.
    static let denseEMNIST: PublishedSetting = {
        var settings = RunSpec()
        settings.partition = .natural
        settings.clients = WriterSizes.clients
        settings.cohort = .count(340)
        settings.rounds = 500
        settings.epochs = 2
        settings.batchSize = .samples(20)
        settings.learningRate = 0.001
        settings.strategy = .fedadam
        settings.serverLearningRate = 1
        settings.beta1 = 0.9
        settings.beta2 = 0.99
        settings.tau = 0.01
        settings.model = .mcmahan2NN
        settings.evaluateEvery = 10
        settings.noClientEvaluation = true
        return PublishedSetting(
            id: "S5", title: "FedJAX, EMNIST_DENSE",
            summary:
                "two hidden layers of 200, 62 classes, 3,400 writers with 197.5 images on average; 340 a "
                + "round, 500 rounds, B 20, SGD 0.001, server's Adam, test every 10",
            material: .characters(background: 0), settings: settings,
            counts: Counts(
                parameters: 209_662, clients: 3400, cohort: 340, samples: 671_585,
                testSamples: 77_483, epochs: 2, batchSize: 20),
            times: [
                PublishedTime(
                    "FedJAX, APFL", on: "MacBook Pro 2019, 4-core i5 of 1.4 GHz", seconds: 2520,
                    secondsPerRound: 4.98751,
                    source: "experiments/apfl/README.md of github.com/google/fedjax")
            ],
            remarks: [
                "APFL takes two gradients of each batch, one for the shared model and one for the client's "
                    + "own; here two epochs of one model make as many gradients and steps",
                "APFL also mixes both models before each step, learns by how much, keeps a model for each "
                    + "client and tests those: none of that is done here",
            ])
    }()

    /// One of the 105 configurations of Flower's baseline.
    static let niidBench: PublishedSetting = {
        var settings = RunSpec()
        settings.partition = .iid
        settings.clients = 10
        settings.rounds = 50
        settings.epochs = 10
        settings.batchSize = .samples(64)
        settings.learningRate = 0.01
        settings.momentum = 0.9
        settings.model = .niidCNN
        settings.noClientEvaluation = true
        return PublishedSetting(
            id: "S10", title: "Flower, niid_bench on MNIST",
            summary:
                "NIID-Bench's CNN, IID, 10 clients, all a round, 50 rounds of 10 epochs, B 64, SGD 0.01, "
                + "momentum 0.9, test after each",
            material: .mnist(samples: 60_000), settings: settings,
            counts: Counts(
                parameters: 44_426, clients: 10, cohort: 10, samples: 60_000, testSamples: 10_000,
                epochs: 10, batchSize: 64, round: .init(images: 600_000, steps: 9400)),
            times: [
                PublishedTime(
                    "Flower, niid_bench", on: "8 of 56 CPU threads", seconds: 2880,
                    source: "baselines/niid_bench/README.md of github.com/adap/flower",
                    note:
                        "close to 12 h for 105 configurations, 7 at a time: their mean, CIFAR-10's among "
                        + "them")
            ],
            remarks: [])
    }()
}
