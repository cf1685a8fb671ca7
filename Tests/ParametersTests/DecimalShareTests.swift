import Parameters
import TestThreads
import Testing

@Suite("Decimals are decimals", .holdsItsThread)
struct DecimalShareTests {
    @Test("Hundredths and tenths of counts, rounded up, against whole numbers")
    func ceilings() {
        for hundredths in 1...200 {
            let factor = Double(hundredths) / 100
            for count in [1, 3, 7, 10, 50, 99, 100, 1000, 10_000, 60_000, 1_000_000] {
                let exact = (hundredths * count + 99) / 100
                #expect(
                    DecimalShare.ceiling(factor, of: count) == exact, "\(factor) of \(count)")
            }
        }
    }

    @Test("… and rounded to the nearest, halves up")
    func nearest() {
        for thousandths in 0...1000 {
            let factor = Double(thousandths) / 1000
            for count in [1, 5, 10, 100, 999, 1000, 100_000] {
                let exact = (thousandths * count + 500) / 1000
                #expect(
                    DecimalShare.nearest(factor, of: count) == exact, "\(factor) of \(count)")
            }
        }
    }

    @Test("What no whole number can hold is the largest one")
    func extremes() {
        #expect(DecimalShare.ceiling(.infinity, of: 1) == .max)
        #expect(DecimalShare.ceiling(1e300, of: .max) == .max)
        #expect(DecimalShare.ceiling(-.infinity, of: 1) == .min)
        #expect(DecimalShare.ceiling(.nan, of: 1) == 0)
        #expect(DecimalShare.nearest(.infinity, of: 2) == .max)
        #expect(DecimalShare.nearest(.nan, of: 2) == 0)
    }
}
