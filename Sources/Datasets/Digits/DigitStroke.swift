/// A line of the pen in a square of side 1, y downwards: what a digit's skeleton is made of.
///
/// Between two corners the points are the control polygon of a quadratic B-spline that starts and
/// ends in the corners: smooth, inside the polygon's hull, and still smooth when points are moved.
/// Two corners next to each other are joined by a straight line.
struct DigitStroke: Sendable {
    var points: [SIMD2<Float>]
    var isCorner: [Bool]

    /// A smooth line with the control points (x, y), (x, y), … in hundredths of the square.
    static func curve(_ hundredths: Float...) -> DigitStroke {
        let points = pairs(hundredths)
        return DigitStroke(
            points: points, isCorner: points.indices.map { $0 == 0 || $0 == points.count - 1 })
    }

    /// A line straight from each point (x, y), in hundredths of the square, to the next.
    static func line(_ hundredths: Float...) -> DigitStroke {
        let points = pairs(hundredths)
        return DigitStroke(points: points, isCorner: points.map { _ in true })
    }

    /// This stroke continued by `next` without lifting the pen, with a corner where they meet.
    func then(_ next: DigitStroke) -> DigitStroke {
        DigitStroke(points: points + next.points, isCorner: isCorner + next.isCorner)
    }

    private static func pairs(_ hundredths: [Float]) -> [SIMD2<Float>] {
        precondition(hundredths.count >= 4 && hundredths.count % 2 == 0, "a stroke needs points")
        return stride(from: 0, to: hundredths.count, by: 2).map {
            SIMD2(hundredths[$0], hundredths[$0 + 1]) / 100
        }
    }
}

extension DigitStroke {
    /// Appends points along the stroke, in drawing order, to `path`; `controls` stand in for
    /// the stroke's own points (the same number, moved about a little).
    func flatten(controls: [SIMD2<Float>], into path: inout [SIMD2<Float>]) {
        path.append(controls[0])
        var first = 0
        while first < controls.count - 1 {
            var last = first + 1
            while !isCorner[last] { last += 1 }
            if last == first + 1 {
                Self.appendLine(controls[first], controls[last], to: &path)
            } else {
                for middle in first + 1..<last {
                    let control = controls[middle]
                    let start =
                        middle == first + 1
                        ? controls[first] : (controls[middle - 1] + control) / 2
                    let end =
                        middle == last - 1 ? controls[last] : (control + controls[middle + 1]) / 2
                    Self.appendQuadratic(start, control, end, to: &path)
                }
            }
            first = last
        }
    }

    /// A straight line is cut as well, so that it can be bent and broken like any other.
    private static func appendLine(
        _ start: SIMD2<Float>, _ end: SIMD2<Float>, to path: inout [SIMD2<Float>]
    ) {
        let offset = end - start
        let length = (offset * offset).sum().squareRoot()
        let pieces = max(1, Int((length * 10).rounded()))
        for piece in 1...pieces {
            path.append(start + offset * (Float(piece) / Float(pieces)))
        }
    }

    private static func appendQuadratic(
        _ start: SIMD2<Float>, _ control: SIMD2<Float>, _ end: SIMD2<Float>,
        to path: inout [SIMD2<Float>]
    ) {
        let pieces = 4
        for piece in 1...pieces {
            let t = Float(piece) / Float(pieces)
            let u = 1 - t
            path.append(start * (u * u) + control * (2 * u * t) + end * (t * t))
        }
    }
}
