import HTTPCalls
import Testing

@Suite struct BackoffTests {
    @Test func waitsGrowToTwoSecondsWithJitter() {
        var random = SystemRandomNumberGenerator()
        var seen: Set<Double> = []
        for _ in 0..<50 {
            var backoff = Backoff()
            for ceiling in [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2, 2, 2] {
                let seconds = backoff.nextSeconds(&random)
                #expect((ceiling / 2...ceiling).contains(seconds))
                seen.insert(seconds)
            }
            for _ in 0..<100 { #expect(backoff.nextSeconds(&random) <= 2) }
        }
        #expect(seen.count > 400)
    }
}
