import Foundation

/// What a round costs on many ranks, from what its parts cost on few.
///
/// T(P) = ⌈C/P⌉ c + ⌈t/P⌉ e/t + B(P) + R(P) + P d + m
///
/// with C clients of c seconds each, a test set of t pieces and e seconds, d seconds of rank 0 for each
/// rank's report and m for the mean, and over a network of α seconds a message and β bytes a second the usual algorithms for long
/// messages (Thakur, Rabenseifner and Gropp, "Optimization of collective communication operations in
/// MPICH", 2005):
/// - B(P) = (⌈log₂ P⌉ + P − 1) α + 2 n (P − 1)/P / β: a model of n bytes, scattered and gathered by all;
/// - R(P) = 2 ⌈log₂ P⌉ α + (P − 1)/P (2 s / β + s γ): sums of s bytes, γ seconds for adding a byte.
package struct RanksForecast: Encodable {
    package var clients: Int
    package var clientSeconds: Double
    package var pieces: Int
    package var testSeconds: Double
    package var modelBytes: Double
    package var sumBytes: Double
    package var reportSeconds: Double
    package var meanSeconds: Double
    package var additionSecondsPerByte: Double
    /// α and β.
    package var latencySeconds = 2e-6
    package var bytesPerSecond = 100e9 / 8

    package init(
        clients: Int, clientSeconds: Double, pieces: Int, testSeconds: Double, modelBytes: Double,
        sumBytes: Double, reportSeconds: Double, meanSeconds: Double,
        additionSecondsPerByte: Double, latencySeconds: Double = 2e-6,
        bytesPerSecond: Double = 100e9 / 8
    ) {
        self.clients = clients
        self.clientSeconds = clientSeconds
        self.pieces = pieces
        self.testSeconds = testSeconds
        self.modelBytes = modelBytes
        self.sumBytes = sumBytes
        self.reportSeconds = reportSeconds
        self.meanSeconds = meanSeconds
        self.additionSecondsPerByte = additionSecondsPerByte
        self.latencySeconds = latencySeconds
        self.bytesPerSecond = bytesPerSecond
    }

    /// A round on `ranks` ranks, part by part, in seconds.
    package struct Round: Encodable {
        package var ranks: Int
        package var training: Double
        package var test: Double
        package var broadcast: Double
        package var reduction: Double
        package var reports: Double
        package var mean: Double
        package var total: Double {
            training + test + broadcast + reduction + reports + mean
        }
    }

    package func round(on ranks: Int) -> Round {
        let share = Double(ranks - 1) / Double(ranks)
        let depth = log2(Double(ranks)).rounded(.up)
        return Round(
            ranks: ranks, training: Double(Self.most(clients, ranks)) * clientSeconds,
            test: Double(Self.most(pieces, ranks)) * testSeconds / Double(pieces),
            broadcast: (depth + Double(ranks) - 1) * latencySeconds
                + 2 * modelBytes * share / bytesPerSecond,
            reduction: 2 * depth * latencySeconds
                + share * (2 * sumBytes / bytesPerSecond + sumBytes * additionSecondsPerByte),
            reports: Double(ranks) * reportSeconds, mean: meanSeconds)
    }

    /// ⌈work/ranks⌉: what the busiest has.
    private static func most(_ work: Int, _ ranks: Int) -> Int { (work + ranks - 1) / ranks }
}
