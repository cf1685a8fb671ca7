/// What an array says of samples: the class of each, or numbers to be predicted.
enum ArrayLabels {
    /// Classes, from 0.
    case classes([Int32], oneHot: Int?)
    /// [N][each] numbers.
    case targets([Float], each: Int)

    /// Reads an array of whole numbers as classes, and one of floats as numbers unless its rows are
    /// one-hot.
    /// - Throws: `DatasetError`.
    init(_ array: NumberArray) throws(DatasetError) {
        guard (1...2).contains(array.shape.count) else {
            throw array.error(.labelShape(array.shape))
        }
        let width = array.shape.count == 2 ? array.shape[1] : 1
        switch array.numbers {
        case .wholes(let values) where width == 1:
            self = .classes(try Self.classes(values, of: array), oneHot: nil)
        case .wholes(let values):
            switch Self.hotPositions(values, width) {
            case .found(let positions): self = .classes(positions, oneHot: width)
            case .not(let row): throw array.error(.notOneHot(row: row))
            }
        case .floats(let values):
            if width > 1, case .found(let positions) = Self.hotPositions(values, width) {
                self = .classes(positions, oneHot: width)
                return
            }
            try array.checkFinite(values)
            self = .targets(values, each: width)
        case .bytes: throw array.error(.labelShape(array.shape))
        }
    }

    /// Labels as they are, where each can be one.
    private static func classes(
        _ values: [Int64], of array: NumberArray
    ) throws(DatasetError) -> [Int32] {
        if let position = values.firstIndex(where: { $0 < 0 }) {
            throw array.error(
                .negativeLabel(position: position, label: Int(values[position])))
        }
        if let largest = values.max(), largest >= Samples.classLimit {
            throw .classCountOutOfRange(largest == .max ? .max : Int(largest) + 1)
        }
        return values.map { Int32(truncatingIfNeeded: $0) }
    }

    private enum Hot {
        case found([Int32])
        /// The first row that is not one-hot.
        case not(row: Int)
    }

    /// Where the 1 of each row is, whose other numbers are 0.
    private static func hotPositions<Number: Numeric>(_ values: [Number], _ width: Int) -> Hot {
        var positions: [Int32] = []
        positions.reserveCapacity(values.count / width)
        for row in 0..<values.count / width {
            var hot: Int?
            for column in 0..<width where values[row * width + column] != 0 {
                guard hot == nil, values[row * width + column] == 1 else { return .not(row: row) }
                hot = column
            }
            guard let hot, hot < Samples.classLimit else { return .not(row: row) }
            positions.append(Int32(hot))
        }
        return .found(positions)
    }

    /// How many samples they are of.
    var count: Int {
        switch self {
        case .classes(let labels, _): labels.count
        case .targets(let numbers, let each): numbers.count / each
        }
    }

    /// Those of the samples at these positions.
    func rows(_ positions: [Int]) -> ArrayLabels {
        switch self {
        case .classes(let labels, let oneHot):
            .classes(positions.map { labels[$0] }, oneHot: oneHot)
        case .targets(let numbers, let each):
            .targets(
                positions.flatMap { numbers[$0 * each..<($0 + 1) * each] }, each: each)
        }
    }
}

extension NumberArray {
    /// Refuses Floats that are not finite.
    func checkFinite(_ values: [Float]) throws(DatasetError) {
        guard let position = values.firstIndex(where: { !$0.isFinite }) else { return }
        let (sample, within) = position.quotientAndRemainder(
            dividingBy: max(values.count / max(count, 1), 1))
        throw error(.notFinite(sample: sample, position: within, found: "\(values[position])"))
    }
}
