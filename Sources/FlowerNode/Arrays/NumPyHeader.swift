/// What a `.npy` file's header says: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 32), }.
struct NumPyHeader: Equatable, Sendable {
    var isDouble: Bool
    /// Whether the first index is fastest.
    var isFortran: Bool
    var shape: [Int]
    /// Elements in all.
    var count: Int

    /// Most dimensions, as NumPy has it.
    private static let dimensionLimit = 64

    /// - Throws: `NumPyFileError.wrongHeader` or `.wrongType`.
    init(_ text: String) throws(NumPyFileError) {
        func value(_ key: String) throws(NumPyFileError) -> Substring {
            let parts = text.split(separator: "'\(key)':", omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw .wrongHeader }
            return parts[1].drop { $0 == " " }
        }
        let descr = try value("descr")
        guard descr.first == "'" else {
            // A list is a structured type's.
            throw descr.first == "[" ? .wrongType("structured") : .wrongHeader
        }
        let type = String(descr.dropFirst().prefix { $0 != "'" })
        switch type {
        case "<f4": isDouble = false
        case "<f8": isDouble = true
        default: throw .wrongType(type)
        }
        let order = try value("fortran_order")
        guard order.hasPrefix("True") || order.hasPrefix("False") else { throw .wrongHeader }
        isFortran = order.hasPrefix("True")
        let tuple = try value("shape")
        guard tuple.first == "(", let end = tuple.firstIndex(of: ")") else { throw .wrongHeader }
        var shape: [Int] = []
        var count = 1
        let sizes = tuple[..<end].dropFirst().split(separator: ",")
            .map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
        guard sizes.count <= Self.dimensionLimit else { throw .wrongHeader }
        for text in sizes {
            guard let size = Int(text), size >= 0 else { throw .wrongHeader }
            let (product, overflows) = count.multipliedReportingOverflow(by: size)
            guard !overflows, product <= Int(Int32.max) else { throw .wrongHeader }
            shape.append(size)
            count = product
        }
        self.shape = shape
        self.count = count
    }
}
