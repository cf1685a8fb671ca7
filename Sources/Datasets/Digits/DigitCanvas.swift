/// The ink of one image: for each pixel, how deep its centre lies inside the pen's widest mark.
struct DigitCanvas {
    /// Height and width of an image in pixels.
    static let side = 28

    /// Pixels that are drawn at once, side by side in a row.
    typealias Run = SIMD4<Float>
    private static let runsPerRow = side / Run.scalarCount
    private static let untouched = Run(repeating: -100)

    private var depth = [Run](repeating: untouched, count: side * runsPerRow)
    /// How many pixels wide the pen's soft edge is.
    private(set) var edge: Float = 1

    /// Begins a new image.
    mutating func clear(edge: Float) {
        self.edge = edge
        depth.withUnsafeMutableBufferPointer { $0.update(repeating: Self.untouched) }
    }

    /// Draws from `start` to `end` with a round pen whose radius goes from the first to the second
    /// of `radii`, all in pixels; only pixels the pen can reach, and their neighbours in a run, are
    /// looked at.
    mutating func stroke(from start: SIMD2<Float>, to end: SIMD2<Float>, radii: (Float, Float)) {
        let reach = max(radii.0, radii.1) + edge / 2
        let rows = Self.pixels(min(start.y, end.y) - reach, max(start.y, end.y) + reach)
        let columns = Self.pixels(min(start.x, end.x) - reach, max(start.x, end.x) + reach)
        guard !columns.isEmpty else { return }
        let runs =
            columns.lowerBound / Run.scalarCount...(columns.upperBound - 1) / Run.scalarCount
        let offset = end - start
        let perLength = offset / max((offset * offset).sum(), 1e-6)
        let widening = radii.1 - radii.0
        depth.withUnsafeMutableBufferPointer { depth in
            for row in rows {
                let y = Float(row) + 0.5 - start.y
                for run in runs {
                    let x = Run(0, 1, 2, 3) + Float(run * Run.scalarCount) + 0.5 - start.x
                    let along = (x * perLength.x + y * perLength.y).between(0, 1)
                    let awayX = x - along * offset.x
                    let awayY = y - along * offset.y
                    let distance = (awayX * awayX + awayY * awayY).squareRoot()
                    let inside = radii.0 + widening * along - distance
                    let place = row * Self.runsPerRow + run
                    depth[place].replace(with: inside, where: inside .> depth[place])
                }
            }
        }
    }

    /// Lends how much ink is on each pixel, in 0 ... 1, run by run.
    func forEachRun(_ body: (_ run: Int, _ coverage: Run) -> Void) {
        depth.withUnsafeBufferPointer { depth in
            for run in depth.indices { body(run, (0.5 + depth[run] / edge).between(0, 1)) }
        }
    }

    /// The rows or columns whose centres may lie in low ... high.
    private static func pixels(_ low: Float, _ high: Float) -> Range<Int> {
        let first = min(max(Int(low), 0), side)
        return first..<min(max(Int(high) + 1, first), side)
    }
}

extension DigitCanvas.Run {
    /// Each number, or the bound that it is beyond: by masks, as `clamped` is a call for each number.
    @inline(__always)
    func between(_ low: Float, _ high: Float) -> Self {
        replacing(with: low, where: self .< low).replacing(with: high, where: self .> high)
    }
}
