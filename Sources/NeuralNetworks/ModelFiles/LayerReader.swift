import Foundation
import JSON
import Platform

/// Reads layers strictly: an unknown kind, an unknown key and a wrong sort of value are each refused, with
/// the layer's place.
struct LayerReader {
    typealias Reason = ArchitectureFileError.Reason

    /// Layers that have been read, those of blocks among them.
    private var count = 0

    /// A layer's JSON and where it stands.
    struct Place: Sendable {
        /// "3.1".
        var place: String
        /// What errors call its kind, where that is not its own: Keras's "Conv2D".
        var kind: String?
        /// The layer as this project writes it.
        var members: [String: JSONValue]
    }

    /// A chain of layers.
    /// - Parameter place: what stands before their numbers.
    mutating func layers(
        _ json: JSONValue, place: String, depth: Int = 0
    ) throws(Reason) -> [Layer] {
        guard case .array(let list) = json else {
            throw .noArchitecture(
                "“layers”\(place.isEmpty ? "" : " at \(place)") is \(json.brief): a list was expected"
            )
        }
        // Before the first is read: reading takes time.
        guard list.count <= Architecture.layerLimit - count else {
            throw .architecture(.tooManyLayers)
        }
        var layers: [Layer] = []
        for (index, json) in list.enumerated() {
            let place = "\(place)\(index + 1)"
            guard case .object(let members) = json else {
                throw .layer(place, kind: nil, "an object was expected, not \(json.brief)")
            }
            layers.append(
                try layer(Place(place: place, kind: nil, members: members), depth: depth))
        }
        return layers
    }

    /// One layer of the outermost chain.
    mutating func layer(_ place: Place) throws(Reason) -> Layer { try layer(place, depth: 0) }

    private mutating func layer(_ place: Place, depth: Int) throws(Reason) -> Layer {
        count += 1
        guard count <= Architecture.layerLimit else { throw .architecture(.tooManyLayers) }
        guard let kind = place.members["layer"] else {
            throw .layer(place.place, kind: place.kind, "“layer” is missing, which says the kind")
        }
        guard case .string(let kind) = kind else {
            throw .layer(
                place.place, kind: place.kind, "“layer” is \(kind.brief): a text was expected")
        }
        guard Layer.kindNames.contains(kind) else {
            let unknown = UnknownLayer(kind.printable(limit: 40))
            throw .layer(place.place, kind: place.kind, "\(unknown)")
        }
        if kind == Residual.kind { return try residual(place, depth: depth) }
        let name = place.kind ?? kind
        let layer: Layer
        let known: Set<String>
        do {
            layer = try Self.decode(place.members)
            known = try Set(JSONValue(encoding: layer).keys)
        } catch {
            throw .layer(place.place, kind: name, Self.clause(error, place.members))
        }
        try Self.requireKnown(place, known, kind: name)
        return layer
    }

    private mutating func residual(_ place: Place, depth: Int) throws(Reason) -> Layer {
        let kind = Residual.kind
        try Self.requireKnown(place, ["layer", "layers", "shortcut"], kind: kind)
        guard depth < Residual.depthLimit else {
            throw .layer(place.place, kind: kind, "\(LayerError.tooLarge("so deep a block"))")
        }
        guard let inner = place.members["layers"] else {
            throw .layer(place.place, kind: kind, "“layers” is missing")
        }
        let layers = try self.layers(inner, place: "\(place.place).", depth: depth + 1)
        var shortcut: [Layer] = []
        if let outer = place.members["shortcut"], outer != .null {
            shortcut = try self.layers(outer, place: "\(place.place).s", depth: depth + 1)
        }
        return .residual(layers, shortcut: shortcut)
    }

    private static func requireKnown(
        _ place: Place, _ known: Set<String>, kind: String
    ) throws(Reason) {
        for key in place.members.keys.sorted() where !known.contains(key) {
            let names = known.subtracting(["layer"]).sorted()
            throw .layer(
                place.place, kind: kind,
                "“\(key.printable(limit: 40))” is no key of it: "
                    + (names.isEmpty ? "it has none" : "they are \(names.joined(separator: ", "))"))
        }
    }

    // MARK: Foundation's errors

    /// A clause with the key, its value and what was expected.
    private static func clause(_ error: any Error, _ members: [String: JSONValue]) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        func found(_ context: DecodingError.Context, _ expected: String) -> String {
            guard let key = context.codingPath.first?.stringValue else { return expected }
            return "“\(key)” is \((members[key] ?? .null).brief): \(expected)"
        }
        switch error {
        case .keyNotFound(let key, _): return "“\(key.stringValue)” is missing"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            return found(context, "\(words(type)) was expected")
        case .dataCorrupted(let context):
            let problem = context.debugDescription
            if problem.hasPrefix("Cannot initialize") {
                let key = context.codingPath.first?.stringValue ?? ""
                let names = choices[key].map { ": one of \($0.joined(separator: ", "))" } ?? ""
                return found(context, "there is no such thing" + names)
            }
            // A number that is none of an integer's; Foundation doesn't say which.
            guard let key = fractionalKey(members) else { return found(context, problem) }
            return "“\(key)” is \((members[key] ?? .null).brief): a whole number was expected"
        @unknown default: return "it cannot be read"
        }
    }

    private static func decode(_ members: [String: JSONValue]) throws -> Layer {
        try JSONDecoder().decode(Layer.self, from: Data(JSONValue.object(members).encoded()))
    }

    /// The first key without whose fractional number the layer could be read.
    private static func fractionalKey(_ members: [String: JSONValue]) -> String? {
        func isFractional(_ value: JSONValue) -> Bool {
            if case .array(let values) = value { return values.contains(where: isFractional) }
            return value.double.map { Int(exactly: $0) == nil } ?? false
        }
        let keys = members.filter { isFractional($0.value) }.keys.sorted()
        return keys.first { key in
            var others = members
            others[key] = 1
            return (try? decode(others)) != nil
        } ?? keys.first
    }

    /// What keys of layers may be, by their names.
    private static let choices = [
        "activation": Activation.allCases.map(\.rawValue),
        "padding": Padding.allCases.map(\.rawValue),
        "initializer": KernelInitializer.allCases.map(\.rawValue),
    ]

    private static func words(_ type: Any.Type) -> String {
        switch type {
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        case is [Any].Type: "a whole number or a list of them"
        default: "another sort of value"
        }
    }
}

extension JSONValue {
    /// The names of an object's members.
    fileprivate var keys: [String] {
        if case .object(let members) = self { Array(members.keys) } else { [] }
    }
}
