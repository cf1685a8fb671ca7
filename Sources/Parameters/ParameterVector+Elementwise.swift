extension ParameterVector {
    /// body(a[i]) for every i, in order.
    @inlinable @inline(__always)
    public func map(_ body: (Float) -> Float) -> ParameterVector {
        ParameterVector(unsafeUninitializedCount: count) { result in
            withUnsafeBufferPointer { a in
                for index in result.indices { result[index] = body(a[index]) }
            }
        }
    }

    /// body(a[i], b[i]) for every i.
    /// - Precondition: both have the same length.
    @inlinable @inline(__always)
    public static func map(
        _ a: ParameterVector, _ b: ParameterVector, _ body: (Float, Float) -> Float
    ) -> ParameterVector {
        precondition(a.count == b.count, "vectors of \(a.count) and \(b.count) parameters")
        return ParameterVector(unsafeUninitializedCount: a.count) { result in
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    for index in result.indices { result[index] = body(a[index], b[index]) }
                }
            }
        }
    }

    /// body(a[i], b[i], c[i]) for every i.
    /// - Precondition: all have the same length.
    @inlinable @inline(__always)
    public static func map(
        _ a: ParameterVector, _ b: ParameterVector, _ c: ParameterVector,
        _ body: (Float, Float, Float) -> Float
    ) -> ParameterVector {
        precondition(
            a.count == b.count && b.count == c.count,
            "vectors of \(a.count), \(b.count) and \(c.count) parameters")
        return ParameterVector(unsafeUninitializedCount: a.count) { result in
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    c.withUnsafeBufferPointer { c in
                        for index in result.indices {
                            result[index] = body(a[index], b[index], c[index])
                        }
                    }
                }
            }
        }
    }
}
