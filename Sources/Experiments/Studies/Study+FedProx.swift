import Datasets
import NeuralNetworks
import Platform

/// Li, Sahu, Zaheer, Sanjabi, Talwalkar and Smith, "Federated optimization in heterogeneous networks"
/// (FedProx), MLSys 2020, figure 1: clients that have too little time.
///
/// What is published here is Flower's reproduction for MNIST (`baselines/fedprox` of
/// github.com/adap/flower), read off its picture, a mean of five runs: 1,000 clients with images of two
/// digits and sizes by a power law, ten a round, 100 rounds of 10 epochs at batch 10, logistic regression on
/// standardised pixels, SGD at 0.03 with a weight decay of 0.001, clients weighed by their batches. Theirs
/// also keep a tenth of their images back, which they do not test on either.
extension Study {
    /// Accuracy at the end, by how many clients are late: FedAvg, which drops them, and FedProx, which takes
    /// what they have, without and with its term.
    public static let fedProxStragglers: Study = {
        let columns: [(word: String, strategy: StrategyName, mu: Float?, published: [Double])] = [
            ("fedavg", .fedavg, nil, [0.83, 0.72, 0.64]),
            ("mu0", .fedprox, 0, [0.78, 0.77, 0.80]),
            ("mu2", .fedprox, 2, [0.855, 0.85, 0.85]),
        ]
        return Study(
            name: "fedprox-stragglers",
            source:
                "Flower's reproduction of FedProx (Li et al. 2020, figure 1), baselines/fedprox: "
                + "MNIST, accuracy at the end of 100 rounds",
            cells: columns.flatMap { column in
                zip([0, 0.5, 0.9], column.published).map { fraction, published in
                    StudyCell(
                        name: "\(column.word)-late\(Text.fixed(fraction * 100, 0))",
                        // Ten clients of two digits each make a curve that goes up and down.
                        measure: .meanAccuracy(last: 20),
                        published: StudyCell.Published(value: published),
                        settings: settings(column.strategy, mu: column.mu, late: fraction),
                        learningRates: [0.03])
                }
            })
    }()

    private static func settings(_ strategy: StrategyName, mu: Float?, late: Double) -> RunSpec {
        var settings = RunSpec()
        settings.partition = .powerLawLabels(perClient: 2)
        settings.clients = 1000
        settings.cohort = .count(10)
        settings.rounds = 100
        settings.epochs = 10
        settings.batchSize = .samples(10)
        settings.weightDecay = 0.001
        // A client of theirs says how many batches it has.
        settings.weighting = .batches
        settings.scaling = .standard
        settings.model = .logisticRegression
        settings.strategy = strategy
        settings.mu = mu
        settings.noClientEvaluation = true
        guard late > 0 else { return settings }
        settings.stragglers = late
        guard strategy == .fedavg else { return settings }
        settings.dropStragglers = true
        // Where all ten of a round are late, theirs counts and leaves the model as it was, and ours is begun
        // anew with others: of 100 rounds as many change the model as are run here.
        var allLate = 1.0
        for _ in 0..<10 { allLate *= late }
        settings.rounds = Int((100 * (1 - allLate)).rounded())
        return settings
    }
}
