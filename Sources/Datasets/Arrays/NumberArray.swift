/// The numbers of an `.npy` file, in row-major order.
package struct NumberArray: Equatable, Sendable {
    /// What an array is read for: it decides what its numbers become.
    package enum Role: Sendable {
        /// What models see: bytes stay bytes, all others become Floats.
        case samples
        /// What is to be said of them: whole numbers stay whole, all others become Floats.
        case labels
    }

    /// The numbers themselves.
    package enum Numbers: Equatable, Sendable {
        /// As they were stored.
        case bytes([UInt8])
        /// Bools, and whole numbers of any size: those beyond 63 bits are cut down to the largest.
        case wholes([Int64])
        /// The nearest Floats: those beyond are infinite.
        case floats([Float])
    }

    /// What sentences call it: its file, or "arrays.npz: x_train".
    package let name: String
    /// Its dimensions, none of them 0.
    package let shape: [Int]
    /// As many as the product of the shape.
    package let numbers: Numbers

    package init(name: String, shape: [Int], numbers: Numbers) {
        self.name = name
        self.shape = shape
        self.numbers = numbers
    }

    /// N, the number of rows; 1 where there is a single number without dimensions.
    package var count: Int { shape.first ?? 1 }

    /// Whether they are bytes as they were stored.
    var areBytes: Bool {
        if case .bytes = numbers { return true }
        return false
    }

    /// An error that names it.
    func error(_ problem: ArrayProblem) -> DatasetError { .array(name: name, problem) }

    /// The rows at these positions, in that order.
    package func rows(_ positions: [Int]) -> NumberArray {
        let size = shape.dropFirst().reduce(1, *)
        let numbers: Numbers =
            switch numbers {
            case .bytes(let all): .bytes(Self.rows(positions, of: all, size))
            case .wholes(let all): .wholes(Self.rows(positions, of: all, size))
            case .floats(let all): .floats(Self.rows(positions, of: all, size))
            }
        return NumberArray(
            name: name, shape: [positions.count] + shape.dropFirst(), numbers: numbers)
    }

    private static func rows<Number>(
        _ positions: [Int], of all: [Number], _ size: Int
    ) -> [Number] {
        var rows: [Number] = []
        rows.reserveCapacity(positions.count * size)
        for position in positions { rows += all[position * size..<(position + 1) * size] }
        return rows
    }

    /// The same numbers in row-major order, of an array whose first index changes fastest.
    func fromFortranOrder() -> NumberArray {
        guard shape.count > 1 else { return self }
        let numbers: Numbers =
            switch numbers {
            case .bytes(let all): .bytes(Self.rowMajor(all, shape))
            case .wholes(let all): .wholes(Self.rowMajor(all, shape))
            case .floats(let all): .floats(Self.rowMajor(all, shape))
            }
        return NumberArray(name: name, shape: shape, numbers: numbers)
    }

    /// Rows that are written at once, so that what is written stays in the cache.
    private static let blockRows = 64

    private static func rowMajor<Number>(_ numbers: [Number], _ shape: [Int]) -> [Number] {
        let rows = shape[0]
        let rest = Array(shape[1...])
        let size = rest.reduce(1, *)
        // How far apart neighbours along each of the other dimensions are in the result.
        var strides = [Int](repeating: 1, count: rest.count)
        for axis in rest.indices.dropLast().reversed() {
            strides[axis] = strides[axis + 1] * rest[axis + 1]
        }
        return [Number](unsafeUninitializedCapacity: numbers.count) { result, count in
            guard let result = result.baseAddress else { return }
            numbers.withUnsafeBufferPointer { source in
                for start in stride(from: 0, to: rows, by: blockRows) {
                    let end = min(start + blockRows, rows)
                    var place = [Int](repeating: 0, count: rest.count)
                    var target = 0
                    for position in 0..<size {
                        for row in start..<end {
                            (result + row * size + target)
                                .initialize(to: source[position * rows + row])
                        }
                        // The next place as the file has them: the first index goes round first.
                        for axis in rest.indices {
                            place[axis] += 1
                            target += strides[axis]
                            if place[axis] < rest[axis] { break }
                            target -= strides[axis] * rest[axis]
                            place[axis] = 0
                        }
                    }
                }
            }
            count = numbers.count
        }
    }
}
