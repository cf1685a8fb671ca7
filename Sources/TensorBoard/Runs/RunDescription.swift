import Foundation

/// What TensorBoard is told of a run beside its rounds.
public struct RunDescription: Sendable {
    /// A value of a setting.
    public enum Setting: Equatable, Sendable {
        /// Numbers, which TensorBoard draws axes of.
        case number(Double)
        /// Words.
        case text(String)
        /// Yes or no.
        case flag(Bool)
    }

    /// What its folder is called: any name that a folder may have.
    public var name: String
    /// What it is, as names and what they are, for people.
    public var facts: [(name: String, value: String)]
    /// Its settings by name, which the plugin "hparams" compares runs by.
    public var settings: [String: Setting]
    /// When it began.
    public var started: Date

    /// A description of those parts.
    public init(
        name: String, facts: [(name: String, value: String)] = [],
        settings: [String: Setting] = [:], started: Date
    ) {
        self.name = name
        self.facts = facts
        self.settings = settings
        self.started = started
    }

    /// How the run begins, for the plugin "hparams".
    var start: WireSession {
        var session = WireSession()
        session.start.started = started.timeIntervalSince1970
        session.start.group = name
        session.start.settings = settings.mapValues { value in
            var setting = WireSetting()
            switch value {
            case .number(let number): setting.number = number
            case .text(let text): setting.text = text
            case .flag(let isSet): setting.flag = isSet
            }
            return setting
        }
        return session
    }
}

extension WireSession {
    /// How a run has ended.
    static func ended(well: Bool, at time: Date) -> WireSession {
        var session = WireSession()
        session.end.status = well ? .success : .failure
        session.end.ended = time.timeIntervalSince1970
        return session
    }
}
