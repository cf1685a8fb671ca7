import Datasets

/// Li, Diao, Chen and He, "Federated learning on non-IID data silos: an experimental study", ICDE 2022,
/// table 3, MNIST: 10 clients, all in each round, 50 rounds of 10 epochs at batch 64, SGD at 0.01 with
/// momentum 0.9, best accuracy of three runs.
extension Study {
    /// Table 3, MNIST: best accuracy of FedAvg, FedProx, SCAFFOLD and FedNova, by partition.
    public static let niidBench: Study = {
        func published(_ value: Double, _ spread: Double) -> StudyCell.Published {
            StudyCell.Published(value: value / 100, spread: spread / 100)
        }
        // In the order of `strategies`.
        let rows: [(word: String, partition: Partition, papers: [StudyCell.Published])] = [
            (
                "iid", .iid,
                [
                    published(99.09, 0.05), published(99.16, 0.04), published(99.06, 0.15),
                    published(99.05, 0.06),
                ]
            ),
            (
                "dirichlet", .dirichlet(alpha: 0.5),
                [
                    published(98.89, 0.07), published(99.02, 0.02), published(99.07, 0.06),
                    published(98.03, 0.06),
                ]
            ),
            (
                "label1", .labels(perClient: 1),
                [
                    published(19.33, 11.82), published(51.79, 26.75), published(9.93, 0.12),
                    published(52.58, 14.08),
                ]
            ),
            (
                "label2", .labels(perClient: 2),
                [
                    published(96.86, 0.30), published(96.85, 0.15), published(96.92, 0.52),
                    published(96.65, 0.39),
                ]
            ),
            (
                "label3", .labels(perClient: 3),
                [
                    published(97.86, 0.34), published(97.85, 0.06), published(97.91, 0.10),
                    published(97.62, 0.07),
                ]
            ),
        ]
        let strategies: [StrategyName] = [.fedavg, .fedprox, .scaffold, .fednova]
        return Study(
            name: "niid-bench",
            source: "Li et al. 2022 (NIID-Bench), table 3: MNIST, best accuracy in 50 rounds",
            cells: rows.flatMap { row in
                zip(strategies, row.papers).map { strategy, paper in
                    var settings = RunSpec()
                    settings.partition = row.partition
                    settings.clients = 10
                    settings.rounds = 50
                    settings.epochs = 10
                    settings.batchSize = .samples(64)
                    settings.momentum = 0.9
                    settings.strategy = strategy
                    // The paper chose μ of 0.001 to 1 in each cell and does not say which.
                    settings.mu = strategy == .fedprox ? 0.01 : nil
                    settings.model = .niidCNN
                    settings.noClientEvaluation = true
                    return StudyCell(
                        name: "\(row.word)-\(strategy.rawValue)", measure: .bestAccuracy,
                        paper: paper, settings: settings, learningRates: [0.01])
                }
            })
    }()
}
