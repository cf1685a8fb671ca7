/// In which order clients with names are numbered.
enum OwnerOrder {
    /// Positions of names in rising order: as numbers if all are whole numbers, as text otherwise.
    static func sorted(_ names: [ArraySlice<UInt8>]) -> [Int] {
        let numbers = names.compactMap { NaturalRows.number($0) }
        // 7 and 007 are two names of one number, so then all of them are text.
        let areNumbers = numbers.count == names.count && Set(numbers).count == numbers.count
        return names.indices.sorted { first, second in
            areNumbers
                ? numbers[first] < numbers[second]
                : names[first].lexicographicallyPrecedes(names[second])
        }
    }
}

extension SampleOwners {
    /// Owners by their names, numbered in the order of these.
    ///
    /// Who owns test samples is one of those who own training samples, where all of them are; else
    /// they are numbered by themselves.
    /// - Parameters:
    ///   - owners: different names of those who own training samples, or would.
    ///   - train: for every training sample, the position of its owner there.
    ///   - testOwners: different names of those who own test samples.
    ///   - test: for every test sample, the position of its owner there; nil where nobody knows.
    init(owners: [String], train: [Int32], testOwners: [String], test: [Int32]?) {
        let (names, numbers) = Self.numbered(owners)
        let train = train.map { numbers[Int($0)] }
        var places: [String: Int32] = [:]
        for (place, name) in names.enumerated() { places[name] = Int32(place) }
        let known = testOwners.compactMap { places[$0] }
        if known.count == testOwners.count {
            self.init(names: names, train: train, test: test?.map { known[Int($0)] })
        } else {
            let (testNames, testNumbers) = Self.numbered(testOwners)
            self.init(
                names: names, train: train, test: test?.map { testNumbers[Int($0)] },
                testNames: testNames)
        }
    }

    /// The names in order, and the number that each has then.
    private static func numbered(_ names: [String]) -> ([String], [Int32]) {
        let order = OwnerOrder.sorted(names.map { ArraySlice($0.utf8) })
        var numbers = [Int32](repeating: 0, count: names.count)
        for (number, place) in order.enumerated() { numbers[place] = Int32(number) }
        return (order.map { names[$0] }, numbers)
    }
}
