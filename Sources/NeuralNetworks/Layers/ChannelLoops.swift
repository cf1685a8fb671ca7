/// Loops over [rows][channels] that normalisations are made of, each channel with numbers of its own.
enum ChannelLoops {
    typealias Numbers = UnsafePointer<Float>
    typealias Sums = UnsafeMutablePointer<Float>

    /// sums[c] += Σ x[r][c].
    static func addSums(_ x: Numbers, rows: Int, _ channels: Int, to sums: Sums) {
        for row in 0..<rows {
            let x = x + row * channels
            for c in 0..<channels { sums[c] += x[c] }
        }
    }

    /// sums[c] += Σ (x[r][c] − mean[c])².
    static func addSquares(_ x: Numbers, mean: Numbers, rows: Int, _ channels: Int, to sums: Sums) {
        for row in 0..<rows {
            let x = x + row * channels
            for c in 0..<channels {
                let distance = x[c] - mean[c]
                sums[c] += distance * distance
            }
        }
    }

    /// y[r][c] = (x[r][c] − mean[c]) · scale[c] + shift[c].
    static func scale(
        _ x: Numbers, mean: Numbers, scale: Numbers, shift: Numbers, rows: Int, _ channels: Int,
        into y: Sums
    ) {
        for row in 0..<rows {
            let (x, y) = (x + row * channels, y + row * channels)
            for c in 0..<channels { y[c] = (x[c] - mean[c]) * scale[c] + shift[c] }
        }
    }

    /// sums[c] += Σ dy[r][c], products[c] += Σ dy[r][c] · (x[r][c] − mean[c]).
    static func addGradients(
        _ dy: Numbers, _ x: Numbers, mean: Numbers, rows: Int, _ channels: Int, sums: Sums,
        products: Sums
    ) {
        for row in 0..<rows {
            let (x, dy) = (x + row * channels, dy + row * channels)
            for c in 0..<channels {
                sums[c] += dy[c]
                products[c] += dy[c] * (x[c] - mean[c])
            }
        }
    }

    /// dx[r][c] = dy[r][c] · scale[c] − (x[r][c] − mean[c]) · slope[c] − shift[c].
    static func gradient(
        _ dy: Numbers, _ x: Numbers, mean: Numbers, scale: Numbers, slope: Numbers, shift: Numbers,
        rows: Int, _ channels: Int, into dx: Sums
    ) {
        for row in 0..<rows {
            let (x, dy, dx) = (x + row * channels, dy + row * channels, dx + row * channels)
            for c in 0..<channels {
                dx[c] = dy[c] * scale[c] - (x[c] - mean[c]) * slope[c] - shift[c]
            }
        }
    }
}

extension LayerError {
    /// Refuses what is added to a variance if it is not above 0.
    static func require(epsilon: Double) throws(LayerError) {
        guard epsilon > 0, epsilon.isFinite, Float(epsilon) > 0 else {
            throw .other("its ε \(epsilon) must be a number above 0")
        }
    }
}

extension FeatureShape {
    /// C of an image; F of a vector.
    var channels: Int {
        switch self {
        case .image(_, _, let channels): channels
        case .vector(let count): count
        }
    }
}
