import Datasets
import NeuralNetworks
import Platform

/// McMahan, Moore, Ramage, Hampson and Agüera y Arcas, "Communication-efficient learning of deep networks
/// from decentralized data", AISTATS 2017: MNIST among 100 clients, IID (600 images each) or two shards
/// of 300 images each, sorted by label. The learning rate is tuned in each cell, as theirs was.
extension Study {
    /// Table 2: rounds to 99% of the CNN at C = 0.1, by local work.
    public static let mcmahanTable2: Study = {
        let rows: [(name: String, epochs: Double, batch: BatchSize, iid: Double, shards: Double)] =
            [
                ("fedsgd", 1, .all, 626, 483), ("e5-ball", 5, .all, 179, 1000),
                ("e1-b50", 1, .samples(50), 65, 600), ("e20-ball", 20, .all, 234, 672),
                ("e1-b10", 1, .samples(10), 34, 350), ("e5-b50", 5, .samples(50), 29, 334),
                ("e20-b50", 20, .samples(50), 32, 426), ("e5-b10", 5, .samples(10), 20, 229),
                ("e20-b10", 20, .samples(10), 18, 173),
            ]
        return Study(
            name: "mcmahan-table2",
            source: "McMahan et al. 2017, table 2: CNN, C = 0.1, rounds to 99% on MNIST",
            cells: rows.flatMap { row in
                [
                    (Partition.iid, "iid", row.iid),
                    (.shards(perClient: 2, size: 300), "shards", row.shards),
                ]
                .map { partition, suffix, paper in
                    cell(
                        "\(row.name)-\(suffix)", .mcmahanCNN, target: 0.99, partition,
                        fraction: 0.1, epochs: row.epochs, batch: row.batch, paper: paper)
                }
            })
    }()

    /// Table 1: rounds to 97% of the 2NN with E = 1, and to 99% of the CNN with E = 5, at B = 10, by C.
    public static let mcmahanTable1: Study = {
        let fractions = [0, 0.1, 0.2, 0.5, 1.0]
        let rows:
            [(
                model: ModelChoice, word: String, target: Double, epochs: Double,
                papers: [(Double, Double)]
            )] = [
                (
                    .mcmahan2NN, "2nn", 0.97, 1,
                    [(316, 3275), (87, 664), (77, 619), (75, 443), (70, 380)]
                ),
                (
                    .mcmahanCNN, "cnn", 0.99, 5,
                    [(50, 956), (18, 206), (18, 200), (18, 261), (16, 97)]
                ),
            ]
        return Study(
            name: "mcmahan-table1",
            source: "McMahan et al. 2017, table 1: B = 10, 2NN (E = 1) to 97%, CNN (E = 5) to 99%",
            cells: rows.flatMap { row in
                zip(fractions, row.papers).flatMap { fraction, papers in
                    [
                        (Partition.iid, "iid", papers.0),
                        (.shards(perClient: 2, size: 300), "shards", papers.1),
                    ].map { partition, suffix, paper in
                        cell(
                            "\(row.word)-c\(Text.fixed(fraction, 1))-\(suffix)", row.model,
                            target: row.target, partition, fraction: fraction, epochs: row.epochs,
                            batch: .samples(10), paper: paper)
                    }
                }
            })
    }()

    private static func cell(
        _ name: String, _ model: ModelChoice, target: Double, _ partition: Partition,
        fraction: Double, epochs: Double, batch: BatchSize, paper: Double
    ) -> StudyCell {
        var settings = RunSpec()
        settings.partition = partition
        settings.clients = 100
        settings.cohort = .fraction(fraction)
        // Where the paper took n rounds, 2n + 50 are tried.
        settings.rounds = Int(2 * paper) + 50
        settings.epochs = epochs
        settings.batchSize = batch
        settings.strategy = batch == .all && epochs == 1 ? .fedsgd : .fedavg
        settings.model = model
        settings.targetAccuracy = target
        settings.noClientEvaluation = true
        return StudyCell(
            name: name, measure: .rounds(to: target),
            published: StudyCell.Published(value: paper), settings: settings,
            learningRates: rates(batch))
    }

    /// Powers of the cube root of 10 around what batches of that size bear.
    private static func rates(_ batch: BatchSize) -> [Float] {
        switch batch {
        case .samples(let count) where count <= 10: [0.1, 0.0464, 0.215, 0.464]
        case .samples: [0.215, 0.1, 0.464, 1]
        case .all: [0.215, 0.464, 0.1, 1]
        }
    }
}
