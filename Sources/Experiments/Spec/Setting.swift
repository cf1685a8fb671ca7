import JSON
import NeuralNetworks

/// One setting of a run: what it is called, what it may be, what it belongs to, how it is worded and
/// where it travels.
///
/// Whatever reads, writes, checks, lists or shows settings asks these rows: `RunSpec.settings` has one
/// for each stored property of `RunSpec`.
public struct Setting: Sendable {
    /// What logs, stores, spec files and tables call it, like `batch_size`.
    public let name: String
    /// What sort of value it has.
    public let kind: Kind
    /// What a number may be; nil where it is none or any will do.
    public let bounds: Bounds?
    /// What a run must have for it.
    public let needs: Needs
    /// Whether a server tells its clients, because they divide data and train by it.
    public let travels: Bool
    /// One sentence for people.
    public let help: String
    /// What stands for the value in a help, like `rate`.
    public let valueName: String
    /// Second names of its option, without dashes.
    public let otherNames: [String]
    /// The default in words, where other settings have a say in it.
    public let usual: String?
    /// What pages and displays call it.
    public let title: String
    /// How its value is written there.
    public let format: Format
    /// Whether pages show it at its default, too.
    public let isMain: Bool

    let read: @Sendable (RunSpec) -> JSONValue
    let write: @Sendable (JSONValue, inout RunSpec) throws(ValueProblem) -> Void
    let parse: @Sendable (String) throws(SettingsError) -> JSONValue?

    /// A row.
    init<Value: SettingValue>(
        _ name: String, _ path: WritableKeyPath<RunSpec, Value> & Sendable, title: String? = nil,
        help: String, valueName: String? = nil, otherNames: [String] = [], usual: String? = nil,
        bounds: Bounds? = nil, needs: Needs = .nothing, travels: Bool = false,
        format: Format = .usual, isMain: Bool = false
    ) {
        self.name = name
        kind = Value.kind
        self.bounds = bounds
        self.needs = needs
        self.travels = travels
        self.help = help
        self.valueName = valueName ?? Spelling.dashed(name)
        self.otherNames = otherNames
        self.usual = usual
        self.title = title ?? Spelling.words(name).joined(separator: " ")
        self.format = format
        self.isMain = isMain
        read = { $0[keyPath: path].json }
        write = { (json, spec) throws(ValueProblem) in
            spec[keyPath: path] = try Value(json: json)
        }
        parse = { (word) throws(SettingsError) in try Value.json(word: word) }
    }

    /// What its option is called: `--batch-size`.
    public var option: String { "--" + Spelling.dashed(name) }

    /// The value where nothing is said; null where there is none.
    public var standard: JSONValue { read(RunSpec()) }

    /// The default in words; nil where there is none.
    public var defaultWords: String? {
        if let usual { return usual }
        return [.null, .bool(false), ""].contains(standard) ? nil : standard.typed
    }

    /// Its sentence with what values there are and the default: "Rounds. (default: 5)".
    public var fullHelp: String {
        var notes: [String] = []
        switch kind {
        case .choice(let names): notes.append("values: \(names.joined(separator: ", "))")
        case .choiceOrFile(let names):
            notes.append("values: \(names.joined(separator: ", ")), FILE.json")
        default: break
        }
        if let defaultWords { notes.append("default: \(defaultWords)") }
        return notes.isEmpty ? help : "\(help) (\(notes.joined(separator: "; ")))"
    }

    /// The value of a run; null where it has none.
    public func value(of spec: RunSpec) -> JSONValue { read(spec) }
}

extension Setting {
    /// What sort of value a setting has.
    public enum Kind: Hashable, Sendable {
        /// A whole number.
        case whole
        /// A whole number, or the word “all”.
        case wholeOrAll
        /// A number, with or without a point.
        case number
        /// There or not.
        case flag
        /// One of these.
        case choice([String])
        /// One of these, or what a file holds.
        case choiceOrFile([String])
        /// Anything else.
        case text

        /// One word for it.
        public var name: String {
            switch self {
            case .whole, .wholeOrAll: "whole number"
            case .number: "number"
            case .flag: "flag"
            case .choice: "choice"
            case .choiceOrFile: "choice or file"
            case .text: "text"
            }
        }
    }

    /// What a run must have for a setting to mean anything.
    public struct Needs: Hashable, Sendable {
        /// One of these strategies; none where any will do.
        public var strategies: [StrategyName] = []
        /// Data that an experiment draws, and no partition divides.
        public var experiment = false
        /// Clients of this sort.
        public var clients: Clients?
        /// One of these optimisers of the clients; none where any will do.
        public var optimizers: [LocalOptimizer.Kind] = []
        /// Another setting that is not at its default.
        public var other: String?

        /// Nothing.
        static let nothing = Needs()
        /// An experiment.
        static let experiment = Needs(experiment: true)
        /// Clients that are simulated.
        static let simulation = Needs(clients: .simulated)
        /// Clients that join a server.
        static let server = Needs(clients: .joining)
        /// One of these strategies.
        static func strategies(_ names: StrategyName...) -> Needs { Needs(strategies: names) }
        /// One of these optimisers.
        static func optimizers(_ kinds: LocalOptimizer.Kind...) -> Needs {
            Needs(optimizers: kinds)
        }
    }

    /// What clients a run may have.
    public enum Clients: Hashable, Sendable {
        /// Those of one process or of ranks, which fail by chance alone.
        case simulated
        /// Those that join a server.
        case joining
        /// Those of a server that notes by itself who could reach it: nobody gives such a setting.
        case noted
    }

    /// How a value is written for people.
    public enum Format: Hashable, Sendable {
        /// As its kind is: 1,000; 0.1; yes or no.
        case usual
        /// 93.51%.
        case percent
        /// As it is: a seed is no count.
        case plain
        /// A flag that says “yes” or “no” by these words.
        case words(yes: String, no: String)
    }
}
