import Datasets
import NeuralNetworks
import Training

/// Li, Diao, Chen and He, "Federated learning on non-IID data silos: an experimental study" (NIID-Bench),
/// ICDE 2022: 10 clients, all in each round, 50 rounds of 10 epochs at batch 64, SGD at 0.01 with momentum
/// 0.9. CIFAR-10's images are shifted by up to four pixels and mirrored at random, and weights decay by 1e-5, as
/// both programs do; at the edges theirs have the image's own pixels once more, ours are black. They decay MNIST's
/// weights, too.
///
/// What is published in `niidBench` and `niidBenchCIFAR10` is not the authors', but Flower's reproduction
/// of their table 3 (`baselines/niid_bench` of github.com/adap/flower): the mean and the deviation of the
/// best accuracies of three runs.
extension Study {
    /// Flower's reproduction on MNIST: best accuracy of FedAvg, FedProx, SCAFFOLD and FedNova, by partition.
    public static let niidBench = niidBench(
        name: "niid-bench", .mnist,
        source:
            "Flower's reproduction of NIID-Bench (Li et al. 2022), baselines/niid_bench: MNIST, "
            + "best accuracy in 50 rounds",
        [
            ("iid", .iid, [(99.09, 0.05), (99.16, 0.04), (99.06, 0.15), (99.05, 0.06)]),
            (
                "dirichlet", .dirichlet(alpha: 0.5),
                [(98.89, 0.07), (99.02, 0.02), (99.07, 0.06), (98.03, 0.06)]
            ),
            (
                "label1", .labels(perClient: 1),
                [(19.33, 11.82), (51.79, 26.75), (9.93, 0.12), (52.58, 14.08)]
            ),
            (
                "label2", .labels(perClient: 2),
                [(96.86, 0.30), (96.85, 0.15), (96.92, 0.52), (96.65, 0.39)]
            ),
            (
                "label3", .labels(perClient: 3),
                [(97.86, 0.34), (97.85, 0.06), (97.91, 0.10), (97.62, 0.07)]
            ),
        ])

    /// The same on CIFAR-10.
    public static let niidBenchCIFAR10 = niidBench(
        name: "niid-bench-cifar10", .cifar10,
        source:
            "Flower's reproduction of NIID-Bench (Li et al. 2022), baselines/niid_bench: CIFAR-10, "
            + "best accuracy in 50 rounds",
        [
            ("iid", .iid, [(71.32, 0.33), (71.26, 1.18), (71.66, 1.13), (70.69, 1.14)]),
            (
                "dirichlet", .dirichlet(alpha: 0.5),
                [(62.47, 0.43), (65.63, 0.08), (68.08, 0.96), (63.89, 1.40)]
            ),
            (
                "label2", .labels(perClient: 2),
                [(51.17, 1.09), (50.44, 0.79), (49.42, 2.18), (46.9, 0.66)]
            ),
            (
                "label3", .labels(perClient: 3),
                [(59.11, 0.87), (59.20, 1.18), (61.00, 0.91), (57.83, 0.42)]
            ),
        ])

    /// What NIID-Bench's authors have in the README of their code for CIFAR-10.
    ///
    /// Their FedNova on unequal sizes did not learn: 10 percent are one class of ten.
    public static let niidBenchCIFAR10Authors = niidBench(
        name: "niid-bench-cifar10-authors", .cifar10,
        source:
            "Li et al. 2022 (NIID-Bench), README of their code: CIFAR-10, accuracy in 50 rounds",
        [
            (
                "dirichlet", .dirichlet(alpha: 0.5),
                [(68.2, nil), (67.9, nil), (69.8, nil), (66.8, nil)]
            ),
            (
                "label2", .labels(perClient: 2),
                [(49.8, nil), (50.7, nil), (49.1, nil), (46.5, nil)]
            ),
            (
                "quantity", .quantityDirichlet(alpha: 0.5),
                [(72.0, nil), (71.2, nil), (62.4, nil), (10.0, nil)]
            ),
        ])

    /// A row: its word, the partition, and the percent and their deviations in the order of the strategies.
    private typealias Row = (
        word: String, partition: Partition, percent: [(value: Double, spread: Double?)]
    )

    private static func niidBench(
        name: String, _ material: Material, source: String, _ rows: [Row]
    ) -> Study {
        let strategies: [StrategyName] = [.fedavg, .fedprox, .scaffold, .fednova]
        return Study(
            name: name, source: source, material: material,
            cells: rows.flatMap { row in
                zip(strategies, row.percent).map { strategy, percent in
                    var settings = RunSpec()
                    settings.partition = row.partition
                    settings.clients = 10
                    settings.rounds = 50
                    settings.epochs = 10
                    settings.batchSize = .samples(64)
                    settings.momentum = 0.9
                    settings.strategy = strategy
                    // μ was chosen of 0.001 to 1 in each cell, and it is not said which.
                    settings.mu = strategy == .fedprox ? 0.01 : nil
                    settings.model = .niidCNN
                    settings.noClientEvaluation = true
                    if material == .cifar10 {
                        settings.weightDecay = 1e-5
                        settings.augment = Augmentation(shift: 4, flips: true)
                    }
                    return StudyCell(
                        name: "\(row.word)-\(strategy.rawValue)", measure: .bestAccuracy,
                        published: StudyCell.Published(
                            value: percent.value / 100, spread: percent.spread.map { $0 / 100 }),
                        settings: settings, learningRates: [0.01])
                }
            })
    }
}
