/// What a server asks of a task in its config record; nil where it asks nothing, so that the node's own
/// settings count.
public struct TaskSettings: Hashable, Sendable {
    /// `server-round`.
    public var round: Int?
    /// `lr` or `learning-rate`.
    public var learningRate: Float?
    /// `local-epochs` or `epochs`.
    public var epochs: Double?
    /// `batch-size`.
    public var batchSize: Int?

    /// Nothing asked.
    public init() {}

    /// Reads a config record; of two names for one thing the first counts, and others are not looked at.
    /// - Throws: `TaskRefusal.wrongSetting`.
    init(_ record: WireSettings) throws(TaskRefusal) {
        let values = Dictionary(
            record.items.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        func number(_ names: String...) throws(TaskRefusal) -> (name: String, value: Double)? {
            guard let name = names.first(where: { values[$0] != nil }) else { return nil }
            switch values[name]?.value {
            case .double(let value): return (name, value)
            case .signed(let value): return (name, Double(value))
            case .unsigned(let value): return (name, Double(value))
            default: throw .wrongSetting(name: name, reason: "is no number")
            }
        }
        func integer(_ name: String, atLeast least: Int) throws(TaskRefusal) -> Int? {
            guard let (_, value) = try number(name) else { return nil }
            guard value == value.rounded(), value >= Double(least), value <= Double(Int32.max)
            else {
                throw .wrongSetting(
                    name: name, reason: "must be a whole number from \(least), not \(value)")
            }
            return Int(value)
        }
        round = try integer("server-round", atLeast: 0)
        batchSize = try integer("batch-size", atLeast: 1)
        if let (name, value) = try number("lr", "learning-rate") {
            let rate = Float(value)
            guard rate > 0, rate.isFinite else {
                throw .wrongSetting(name: name, reason: "must be above 0 and finite, not \(value)")
            }
            learningRate = rate
        }
        if let (name, value) = try number("local-epochs", "epochs") {
            guard value > 0, value <= 1e6 else {
                throw .wrongSetting(
                    name: name, reason: "must be above 0 and at most 1e6, not \(value)")
            }
            epochs = value
        }
    }
}
