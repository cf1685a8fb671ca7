import Parameters

/// One hand's way of placing a digit: everything random about where the pen goes.
///
/// A rotation is given by the tangent t of half its angle, cos = (1−t²)/(1+t²), sin = 2t/(1+t²), so
/// that only +, −, ×, ÷ and √ are used: these are rounded alike on every machine.
struct DigitHand {
    /// How far from the skeletons this image strays: mostly little, sometimes much.
    let sloppiness: Float
    private let jitter: Float
    private let columnX: SIMD2<Float>
    private let columnY: SIMD2<Float>
    private let shift: SIMD2<Float>
    /// A smooth displacement, as a quadratic B-spline over `gridSide`² control vectors.
    private var grid: InlineArray<25, SIMD2<Float>>

    private static let gridSide = 5

    init(stream: inout RandomStream) {
        let strayed = stream.uniform(0, 1)
        sloppiness = 0.65 + 1.15 * strayed * strayed
        jitter = 0.036 * sloppiness

        let tangent = 0.14 * sloppiness * stream.triangular()
        let slant = 0.08 + 0.30 * sloppiness * stream.triangular()
        let size = stream.uniform(15, 20.5)
        let stretch = 1 + 0.2 * sloppiness * stream.triangular()
        let cosine = (1 - tangent * tangent) / (1 + tangent * tangent)
        let sine = 2 * tangent / (1 + tangent * tangent)
        // Rotation · shear · scale, in pixels for a side of 1.
        let width = size * stretch
        columnX = SIMD2(cosine, sine) * width
        columnY = SIMD2(-slant * cosine - sine, cosine - slant * sine) * size
        shift = SIMD2(
            14 + 2 * stream.triangular() * sloppiness, 14 + 2 * stream.triangular() * sloppiness
        )

        let amplitude = 0.155 * sloppiness
        grid = InlineArray(repeating: .zero)
        for node in 0..<grid.count {
            grid[node] = SIMD2(stream.triangular(), stream.triangular()) * amplitude
        }
    }

    /// Traces `strokes` into `path`, in pixels, with at least `margin` pixels left on each side.
    func trace(
        _ strokes: [DigitStroke], margin: Float, stream: inout RandomStream,
        into path: inout DigitPath
    ) {
        path.removeAll()
        for stroke in strokes {
            path.strokeStarts.append(path.points.count)
            path.controls.removeAll(keepingCapacity: true)
            for point in stroke.points {
                path.controls.append(
                    point + SIMD2(stream.triangular(), stream.triangular()) * jitter)
            }
            stroke.flatten(controls: path.controls, into: &path.points)
        }
        for index in path.points.indices {
            path.points[index] = placed(path.points[index])
        }
        path.fit(margin: margin, side: Float(DigitCanvas.side))
    }

    private func placed(_ point: SIMD2<Float>) -> SIMD2<Float> {
        let bent = point + displacement(at: point) - 0.5
        return columnX * bent.x + columnY * bent.y + shift
    }

    private func displacement(at point: SIMD2<Float>) -> SIMD2<Float> {
        let (column, across) = Self.weights(point.x)
        let (row, down) = Self.weights(point.y)
        var sum = SIMD2<Float>.zero
        for y in 0..<3 {
            let first = (row + y) * Self.gridSide + column
            let left = grid[first] * across.x + grid[first + 1] * across.y
            let line = left + grid[first + 2] * across.z
            sum += line * down[y]
        }
        return sum
    }

    /// The first of three control vectors that move a point, and their weights.
    private static func weights(_ coordinate: Float) -> (first: Int, weights: SIMD3<Float>) {
        let scaled = min(max((coordinate + 0.1) * (3 / 1.2), 0), 2.999)
        let first = Int(scaled)
        let t = scaled - Float(first)
        return (first, SIMD3((1 - t) * (1 - t) / 2, 0.5 + t * (1 - t), t * t / 2))
    }
}

/// The line the pen follows, cut into straight pieces; kept from image to image for its memory.
struct DigitPath {
    var points: [SIMD2<Float>] = []
    /// For each stroke, the index of its first point.
    var strokeStarts: [Int] = []
    /// Scratch for the control points of one stroke.
    var controls: [SIMD2<Float>] = []

    mutating func removeAll() {
        points.removeAll(keepingCapacity: true)
        strokeStarts.removeAll(keepingCapacity: true)
    }

    /// The first point, from `index` on towards `limit`, that is `length` pixels away along the path.
    func advanced(_ index: Int, by step: Int, atLeast length: Float, within limit: Int) -> Int {
        var index = index
        var gone: Float = 0
        while gone < length && index != limit {
            let piece = points[index + step] - points[index]
            gone += (piece * piece).sum().squareRoot()
            index += step
        }
        return index
    }

    /// Shrinks and moves the path as little as needed to stay `margin` away from every side.
    mutating func fit(margin: Float, side: Float) {
        guard var low = points.first else { return }
        var high = low
        for point in points {
            low = pointwiseMin(low, point)
            high = pointwiseMax(high, point)
        }
        let room = side - 2 * margin
        let extent = max((high - low).max(), 1)
        let scale = extent > room ? room / extent : 1
        let centre = (low + high) / 2
        let half = (high - low) * (scale / 2)
        let lowest = SIMD2(repeating: margin) + half
        let highest = SIMD2(repeating: side - margin) - half
        let target = pointwiseMin(pointwiseMax(centre, lowest), highest)
        for index in points.indices {
            points[index] = (points[index] - centre) * scale + target
        }
    }
}

extension RandomStream {
    /// A number in [low, high), rounded to a `Float`.
    mutating func uniform(_ low: Float, _ high: Float) -> Float {
        low + (high - low) * Float(nextUniform())
    }

    /// A number in (−1, 1), 0 the likeliest: the sum of two uniform ones.
    mutating func triangular() -> Float {
        Float(nextUniform() + nextUniform() - 1)
    }

    /// True with the given probability.
    mutating func chance(_ probability: Double) -> Bool {
        nextUniform() < probability
    }
}
