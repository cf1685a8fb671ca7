/// The ink of one image: for each pixel, how deep its centre lies inside the pen's widest mark.
struct DigitCanvas {
    /// Height and width of an image in pixels.
    static let side = 28

    private static let untouched: Float = -100

    private var depth = [Float](repeating: untouched, count: side * side)
    /// How many pixels wide the pen's soft edge is.
    private(set) var edge: Float = 1

    /// Begins a new image.
    mutating func clear(edge: Float) {
        self.edge = edge
        for pixel in depth.indices { depth[pixel] = Self.untouched }
    }

    /// Draws from `start` to `end` with a round pen whose radius goes from the first to the second
    /// of `radii`, all in pixels; only pixels the pen can reach are looked at.
    mutating func stroke(from start: SIMD2<Float>, to end: SIMD2<Float>, radii: (Float, Float)) {
        let reach = max(radii.0, radii.1) + edge / 2
        let rows = Self.pixels(min(start.y, end.y) - reach, max(start.y, end.y) + reach)
        let columns = Self.pixels(min(start.x, end.x) - reach, max(start.x, end.x) + reach)
        let offset = end - start
        let perLength = offset / max((offset * offset).sum(), 1e-6)
        let widening = radii.1 - radii.0
        for row in rows {
            let y = Float(row) + 0.5 - start.y
            for column in columns {
                let x = Float(column) + 0.5 - start.x
                let along = min(max(x * perLength.x + y * perLength.y, 0), 1)
                let awayX = x - along * offset.x
                let awayY = y - along * offset.y
                let distance = (awayX * awayX + awayY * awayY).squareRoot()
                let inside = radii.0 + widening * along - distance
                let pixel = row * Self.side + column
                depth[pixel] = max(depth[pixel], inside)
            }
        }
    }

    /// How much ink is on a pixel, in 0 ... 1.
    func coverage(_ pixel: Int) -> Float {
        min(max(0.5 + depth[pixel] / edge, 0), 1)
    }

    /// The rows or columns whose centres may lie in low ... high.
    private static func pixels(_ low: Float, _ high: Float) -> Range<Int> {
        let first = min(max(Int(low), 0), side)
        return first..<min(max(Int(high) + 1, first), side)
    }
}
