/// What waits for its turn, first in, first out: taking the first of a million costs what taking the only one
/// does.
struct Fifo<Element: Sendable>: Sendable {
    private var elements: [Element] = []
    private var taken = 0

    var isEmpty: Bool { taken == elements.count }
    var first: Element? { isEmpty ? nil : elements[taken] }

    mutating func append(_ element: Element) { elements.append(element) }

    /// - Precondition: it is not empty.
    mutating func removeFirst() -> Element {
        let element = elements[taken]
        taken += 1
        if isEmpty { removeAll() }
        return element
    }

    mutating func removeAll() {
        elements.removeAll(keepingCapacity: true)
        taken = 0
    }
}
