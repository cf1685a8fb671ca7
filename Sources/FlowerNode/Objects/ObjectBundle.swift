import Foundation

/// Objects with their bytes, by id, and the tree that they make: what is pushed for a reply.
package struct ObjectBundle {
    /// Bytes by id.
    package private(set) var encoded: [String: Data] = [:]
    private var trees: [String: WireTree] = [:]

    package init() {}

    /// Adds an object whose children are there already, and returns its id.
    ///
    /// Equal objects are one.
    package mutating func add(_ kind: FlowerObject.Kind, children: [String] = [], body: Data)
        -> String
    {
        var unique: [String] = []
        var seen: Set<String> = []
        for child in children where seen.insert(child).inserted { unique.append(child) }
        let bytes = FlowerObject(kind, children: unique, body: body).encoded
        let id = FlowerObject.id(of: bytes)
        var tree = WireTree()
        tree.objectID = id
        tree.children = unique.map { child in
            guard let tree = trees[child] else { preconditionFailure("child \(child) is missing") }
            return tree
        }
        encoded[id] = bytes
        trees[id] = tree
        return id
    }

    /// The object and all under it.
    package func tree(_ id: String) -> WireTree? { trees[id] }
}

extension WireTree {
    /// Most objects that a message may have.
    static let objectLimit = 20_000
    /// Levels of a message: message, records, record, array, chunk.
    static let depthLimit = 5

    /// The ids of all objects, children before their parents, each once; nil where they are too many
    /// or too deep.
    package var ids: [String]? {
        var ids: [String] = []
        var seen: Set<String> = []
        func visit(_ tree: WireTree, depth: Int) -> Bool {
            guard depth <= Self.depthLimit else { return false }
            for child in tree.children where !visit(child, depth: depth + 1) { return false }
            if seen.insert(tree.objectID).inserted { ids.append(tree.objectID) }
            return ids.count <= Self.objectLimit
        }
        return visit(self, depth: 1) ? ids : nil
    }
}
