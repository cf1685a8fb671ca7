/// A bar of twenty cells, and lines that have one.
package enum Bar {
    /// How much a part of a line is worth where not all of them fit.
    package enum Worth: Int, Comparable {
        case spare, wanted, needed

        package static func < (one: Worth, other: Worth) -> Bool { one.rawValue < other.rawValue }
    }

    /// Parts side by side; where not all fit, those worth least go, the last of them first.
    package static func line(_ parts: [(text: String, worth: Worth)], width: Int) -> String {
        var parts = parts.filter { !$0.text.isEmpty }
        func joined() -> String { parts.map(\.text).joined(separator: "  ") }
        while joined().count > width,
            let least = parts.map(\.worth).min(), least < .needed,
            let index = parts.lastIndex(where: { $0.worth == least })
        {
            parts.remove(at: index)
        }
        return joined()
    }

    package static func text(_ fraction: Double) -> String {
        let cells = 20
        let full = Int((max(0, min(fraction, 1)) * Double(cells)).rounded(.down))
        return "▕" + String(repeating: "█", count: full)
            + String(repeating: "░", count: cells - full) + "▏"
    }
}
