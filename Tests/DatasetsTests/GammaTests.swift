import Datasets
import Foundation
import Parameters
import TestThreads
import Testing

@Suite("Random numbers that are not uniform", .holdsItsThread) struct GammaTests {
    private static func stream(_ index: Int) -> RandomStream {
        RandomStream(RandomKey(seed: 17, purpose: .partition, index: index))
    }

    @Test func normalMoments() {
        var random = Self.stream(1)
        let count = 200_000
        var moments = [0.0, 0, 0, 0]
        for _ in 0..<count {
            let value = random.nextNormal()
            for power in 0..<4 { moments[power] += pow(value, Double(power + 1)) / Double(count) }
        }
        for (found, (expected, tolerance)) in zip(
            moments, [(0.0, 0.01), (1.0, 0.015), (0.0, 0.04), (3.0, 0.1)])
        {
            #expect(abs(found - expected) < tolerance, "\(moments)")
        }
    }

    /// Shape a: mean and variance of Γ are a, the mean of its logarithm is the digamma ψ(a).
    @Test(arguments: [
        (0.05, -20.497845), (0.1, -10.4237549), (0.5, -1.9635100), (1, -0.5772157), (5, 1.5061177),
        (100, 4.6001619),
    ])
    func gammaMoments(shape: Double, digamma: Double) {
        var random = Self.stream(2)
        let count = 200_000
        var mean = 0.0
        var square = 0.0
        var logarithm = 0.0
        for _ in 0..<count {
            let value = random.nextLogGamma(shape: shape)
            logarithm += value / Double(count)
            mean += exp(value) / Double(count)
            square += exp(2 * value) / Double(count)
        }
        let error = (shape / Double(count)).squareRoot()
        #expect(abs(mean - shape) < 5 * error)
        #expect(abs((square - mean * mean) / shape - 1) < 0.08)
        #expect(abs(logarithm / digamma - 1) < 0.02)
    }

    @Test("Extreme shapes stay finite", arguments: [1e-308, 1e-5, 1e15, 1e300])
    func extremes(shape: Double) {
        var random = Self.stream(3)
        for _ in 0..<1_000 { #expect(random.nextLogGamma(shape: shape).isFinite) }
    }
}
