import Parameters

/// A model as a record of arrays: one for each tensor of its layout, in its order and shape, whatever
/// the record calls them.
package struct ModelArrays: Sendable {
    /// What the record is called among the message's.
    let recordName: String
    /// The arrays' names in their order.
    package let names: [String]
    package let parameters: ParameterVector

    /// Bytes that the message of a model can need: float64, and room for what describes it.
    package static func byteLimit(_ layout: ParameterLayout) -> Int { 8 * layout.count + (1 << 20) }

    /// The model in the record of arrays of that name.
    package init(
        recordName: String, _ record: FlowerObject, layout: ParameterLayout,
        from objects: [String: FlowerObject]
    ) throws(TaskRefusal) {
        guard let pairs = ObjectNames.decode(record.body) else {
            throw .wrongContent("the list of the arrays in “\(recordName.prefix(100))” is damaged")
        }
        guard pairs.count == layout.entries.count else {
            throw .wrongArrayCount(found: pairs.count, expected: layout.entries.count)
        }
        var values: [Float] = []
        values.reserveCapacity(layout.count)
        for (entry, pair) in zip(layout.entries, pairs) {
            guard let object = objects[pair.id] else { throw .missingObject(id: pair.id) }
            let array = try ArrayObject.read(
                object, name: pair.name, from: objects, byteLimit: Self.byteLimit(layout))
            guard array.shape == entry.shape else {
                throw .wrongShape(
                    name: pair.name, tensor: entry.name, found: array.shape, expected: entry.shape)
            }
            values += array.values
        }
        let parameters = ParameterVector(values)
        if let index = parameters.inspect().firstNonFinite {
            let place = layout.entries.firstIndex { $0.range.contains(index) } ?? 0
            throw .notFinite(
                name: pairs[place].name, index: index - layout.entries[place].offset)
        }
        self.recordName = recordName
        names = pairs.map(\.name)
        self.parameters = parameters
    }

    /// Adds the record of a model with these names, and returns its id.
    package static func add(
        _ parameters: ParameterVector, names: [String], layout: ParameterLayout,
        to bundle: inout ObjectBundle
    ) throws -> String {
        precondition(
            names.count == layout.entries.count,
            "\(names.count) names for \(layout.entries.count) tensors")
        var pairs: [(name: String, id: String)] = []
        for (entry, name) in zip(layout.entries, names) {
            let array = NumPyFile(shape: entry.shape, values: parameters.array(in: entry.range))
            pairs.append((name, try ArrayObject.add(array, to: &bundle)))
        }
        return bundle.add(
            .arrays, children: pairs.map(\.id), body: ObjectNames.encode(pairs))
    }
}
