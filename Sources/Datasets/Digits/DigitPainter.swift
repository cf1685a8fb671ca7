import Parameters

/// Draws digits one after the other, with scratch memory of its own.
struct DigitPainter {
    private var canvas = DigitCanvas()
    private var path = DigitPath()

    /// Draws `digit` with what `stream` gives and writes its pixels, row by row, to `pixels`.
    mutating func paint(
        _ digit: Int, stream: inout RandomStream, into pixels: UnsafeMutableBufferPointer<UInt8>
    ) {
        let styles = DigitSkeletons.styles[digit]
        let strokes = styles[stream.next(below: styles.count)]
        let hand = DigitHand(stream: &stream)
        let thin = stream.uniform(0, 1)
        let radius = 0.75 + 1.05 * thin * stream.uniform(0.5, 1)
        canvas.clear(edge: stream.uniform(0.9, 1.9))
        hand.trace(
            strokes, margin: radius + 1.2 + canvas.edge / 2, stream: &stream, into: &path)
        drawPath(radius: radius, sloppiness: hand.sloppiness, stream: &stream)
        if stream.chance(0.15) { drawSpecks(stream: &stream) }
        develop(stream: &stream, into: pixels)
    }

    /// Draws the path stroke by stroke; the pen presses unevenly, stops early and skips.
    private mutating func drawPath(
        radius: Float, sloppiness: Float, stream: inout RandomStream
    ) {
        let skips = stream.chance(0.15)
        for (stroke, start) in path.strokeStarts.enumerated() {
            let isLast = stroke + 1 == path.strokeStarts.count
            let end = (isLast ? path.points.count : path.strokeStarts[stroke + 1]) - 1
            var from = start
            var to = end
            if stream.chance(0.3) {
                from = path.advanced(from, by: 1, atLeast: stream.uniform(0, 2.2), within: end)
                to = path.advanced(to, by: -1, atLeast: stream.uniform(0, 2.2), within: from)
            }
            let gap =
                skips ? from + 2 + stream.next(below: max(1, to - from - 4)) : path.points.count
            let first = radius * (1 + 0.25 * sloppiness * stream.triangular())
            let last = radius * (1 + 0.25 * sloppiness * stream.triangular())
            let step = (last - first) / Float(max(1, to - from))
            for piece in from..<to where piece != gap {
                canvas.stroke(
                    from: path.points[piece], to: path.points[piece + 1],
                    radii: (
                        first + step * Float(piece - from), first + step * Float(piece + 1 - from)
                    ))
            }
        }
    }

    /// Up to three dots or short dashes that belong to no digit.
    private mutating func drawSpecks(stream: inout RandomStream) {
        let inner = SIMD2<Float>(repeating: 2)
        let outer = SIMD2<Float>(repeating: Float(DigitCanvas.side) - 2)
        for _ in 0...stream.next(below: 3) {
            let start = SIMD2(stream.uniform(2, 26), stream.uniform(2, 26))
            let offset = SIMD2(stream.triangular(), stream.triangular()) * 5
            let radius = stream.uniform(0.3, 0.8)
            canvas.stroke(
                from: start, to: (start + offset).clamped(lowerBound: inner, upperBound: outer),
                radii: (radius, radius))
        }
    }

    /// Turns coverage into grey: ink of some strength, mottled, on paper that is sometimes grainy.
    private func develop(
        stream: inout RandomStream, into pixels: UnsafeMutableBufferPointer<UInt8>
    ) {
        let ink = 255 - 115 * stream.uniform(0, 1) * stream.uniform(0, 1)
        let mottle = stream.chance(0.5) ? stream.uniform(0, 0.35) : 0
        let grain = stream.chance(0.1) ? stream.uniform(10, 50) : 0
        canvas.forEachRun { run, covered in
            // 16 bits for each of four pixels: a byte of grain, and one of mottling.
            let noise = mottle + grain > 0 ? stream.next() : 0
            let bits = SIMD4<UInt32>(
                truncatingIfNeeded: unsafeBitCast(noise.littleEndian, to: SIMD4<UInt16>.self))
            let grainNoise = DigitCanvas.Run(bits & 0xFF) / 256
            let mottleNoise = DigitCanvas.Run((bits &>> 8) & 0xFF) / 256
            let grey = ink * covered * (1 - mottle * mottleNoise) + grain * grainNoise * grainNoise
            let shown = (grey + 0.5).between(0, 255)
            for lane in 0..<DigitCanvas.Run.scalarCount {
                pixels[run * DigitCanvas.Run.scalarCount + lane] = UInt8(shown[lane])
            }
        }
    }
}
