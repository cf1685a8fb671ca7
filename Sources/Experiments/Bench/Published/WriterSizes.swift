import Parameters

/// How many training images each writer of federated EMNIST has, as far as it is known here.
///
/// There are 3,400 writers with 671,585 images, 197.5 on average. Whose are how many is not at hand: sizes
/// follow the quantiles of the digits of 3,382 of these writers (8 to 131, 100 on average), which
/// NIID-Bench ships as `femnist-dis.npy`, made 1.97 times as large. With letters the writers' own
/// sizes differ more.
package enum WriterSizes {
    /// Writers.
    package static let clients = 3400
    /// Training images of all.
    package static let total = 671_585

    /// What a run says of them.
    package static let words =
        "sizes by the quantiles of 3,382 FEMNIST writers' digits, scaled to 197.5 on average"

    /// Part of the writers, and the digits that those have at most.
    private static let quantiles: [(part: Double, digits: Double)] = [
        (0, 8), (0.01, 50), (0.05, 70), (0.1, 81), (0.25, 94), (0.5, 104), (0.75, 111), (0.9, 114),
        (0.95, 115), (0.99, 116), (1, 131),
    ]

    /// The size of each writer, in random order.
    package static let sizes: [Int] = {
        var ranks = Array(0..<clients)
        var random = RandomStream(RandomKey(seed: 1, purpose: .benchmark, index: 1))
        random.shuffle(&ranks)
        let shares = ranks.map { digits(at: (Double($0) + 0.5) / Double(clients)) }
        let whole = shares.reduce(0, +)
        var (sum, begin) = (0.0, 0)
        return shares.enumerated().map { index, share in
            sum += share
            let end = index == clients - 1 ? total : Int(sum / whole * Double(total))
            defer { begin = end }
            return end - begin
        }
    }()

    /// Between quantiles, a straight line.
    private static func digits(at part: Double) -> Double {
        for (low, high) in zip(quantiles, quantiles.dropFirst()) where part <= high.part {
            return low.digits
                + (high.digits - low.digits) * (part - low.part) / (high.part - low.part)
        }
        return quantiles[quantiles.count - 1].digits
    }
}
