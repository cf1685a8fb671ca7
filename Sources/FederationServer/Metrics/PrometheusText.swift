import Foundation

/// Writes metrics in Prometheus's text form, version 0.0.4.
package struct PrometheusText {
    private(set) var text = ""

    enum Kind: String {
        case counter, gauge
    }

    /// One metric with its values by labels.
    mutating func add(
        _ name: String, _ kind: Kind, _ help: String,
        _ values: [(labels: [(String, String)], value: Double)]
    ) {
        guard !values.isEmpty else { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for (labels, value) in values {
            let shown = labels.map { "\($0)=\"\(Self.escape($1))\"" }.joined(separator: ",")
            text += name + (shown.isEmpty ? "" : "{\(shown)}") + " \(Self.number(value))\n"
        }
    }

    /// One metric with one value; nothing if there is none.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
        if let value { add(name, kind, help, [([], value)]) }
    }

    private static func escape(_ label: String) -> String {
        label.replacingOccurrences(of: "\\", with: "\\\\")
            .replacingOccurrences(of: "\"", with: "\\\"")
            .replacingOccurrences(of: "\n", with: "\\n")
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return abs(value) < 1e15 && value == value.rounded() ? "\(Int(value))" : "\(value)"
    }

    /// Bytes of memory that the process has in use; nil where the system does not say.
    package static var residentBytes: Double? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return Double(pages * Int(sysconf(Int32(_SC_PAGESIZE))))
    }
}
