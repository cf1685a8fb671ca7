/// The clients of a CSV file: which client has which image.
struct NaturalClients {
    /// The client of each image, `DividedShards.nobody` if none has it.
    let owners: [Int32]
    let clientCount: Int

    /// Reads a file of lines CLIENT,INDEX, as `Partition.csv` describes it.
    init(file: String, imageCount: Int) throws(PartitionError) {
        var rows = try NaturalRows(file: file)
        var names = Names()
        var owners = [Int32](repeating: DividedShards.nobody, count: imageCount)
        var firstLines = [Int32](repeating: 0, count: imageCount)
        while let row = try rows.next() {
            let index = row.index
            guard owners.indices.contains(index) else {
                throw .indexOutOfRange(
                    file: file, line: row.line, index: index, images: imageCount)
            }
            guard owners[index] == DividedShards.nobody else {
                throw .repeatedIndex(
                    file: file, line: row.line, index: index, firstLine: Int(firstLines[index]))
            }
            owners[index] = names.place(of: row.client)
            firstLines[index] = Int32(truncatingIfNeeded: row.line)
        }
        guard names.count > 0 else { throw .emptyFile(file) }
        let clients = names.clients()
        self.owners = owners.map { $0 == DividedShards.nobody ? $0 : clients[Int($0)] }
        clientCount = names.count
    }

    /// How many clients a file names, whatever images there are.
    static func count(file: String) throws(PartitionError) -> Int {
        var rows = try NaturalRows(file: file)
        var names = Names()
        while let row = try rows.next() { _ = names.place(of: row.client) }
        guard names.count > 0 else { throw .emptyFile(file) }
        return names.count
    }
}

/// Clients' names in the order in which they appear.
private struct Names {
    private var places: [ArraySlice<UInt8>: Int32] = [:]
    private var names: [ArraySlice<UInt8>] = []
    private var last: (name: ArraySlice<UInt8>, place: Int32)?

    var count: Int { names.count }

    /// 0 for the name that appears first, and so on.
    mutating func place(of name: ArraySlice<UInt8>) -> Int32 {
        // Lines of one client mostly stand together.
        if let last, last.name == name { return last.place }
        let place: Int32
        if let known = places[name] {
            place = known
        } else {
            place = Int32(names.count)
            names.append(name)
            places[name] = place
        }
        last = (name, place)
        return place
    }

    /// The client 0 … K − 1 of each name, in rising order of the names.
    func clients() -> [Int32] {
        var clients = [Int32](repeating: 0, count: names.count)
        for (client, place) in OwnerOrder.sorted(names).enumerated() {
            clients[place] = Int32(client)
        }
        return clients
    }
}
