import Foundation

/// Numbers as people read them.
package enum Text {
    /// 1,199,882.
    package static func count(_ value: Int) -> String {
        var digits = Array(String(value.magnitude))
        var position = digits.count - 3
        while position > 0 {
            digits.insert(",", at: position)
            position -= 3
        }
        return (value < 0 ? "-" : "") + String(digits)
    }

    /// With so many digits behind the point.
    package static func fixed(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }

    /// 1.2e-06.
    package static func scientific(_ value: Double) -> String { String(format: "%.1e", value) }

    /// 93.51%.
    package static func percent(_ fraction: Double) -> String { fixed(fraction * 100, 2) + "%" }

    /// 0:07, 12:30, 1:02:03.
    package static func duration(_ seconds: Double) -> String {
        let whole = Int(max(0, min(seconds, 1e9)).rounded())
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
    }

    /// "1 client", "5 clients".
    package static func plural(_ value: Int, _ noun: String) -> String {
        "\(count(value)) \(noun)\(value == 1 ? "" : "s")"
    }

    /// "5 clients, whose ids are 0 to 4", "1 client, whose id is 0".
    package static func clients(_ count: Int) -> String {
        "\(plural(count, "client")), whose \(count == 1 ? "id is" : "ids are") \(ids(of: count))"
    }

    /// "3 of 0 to 4", "0, the only one".
    package static func client(_ id: Int, of count: Int) -> String {
        count == 1 ? "\(id), the only one" : "\(id) of \(ids(of: count))"
    }

    /// The ids that so many clients have: "0 to 4".
    package static func ids(of clients: Int) -> String {
        clients == 1 ? "0" : "0 to \(clients - 1)"
    }

    /// Right-aligned.
    package static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// Left-aligned.
    package static func padRight(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
