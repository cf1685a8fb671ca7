import JSON

/// What settings are listed under.
public enum Topic: CaseIterable, Sendable {
    /// Who takes part, and which images they have.
    case population
    /// What a client does in a round.
    case localTraining
    /// What becomes of updates.
    case algorithm
    /// How long a run is, and when it is tested.
    case roundsAndTests
    /// What is learned from, and what learns.
    case dataAndModel
    /// How clients of a run in one process fail to take part.
    case simulatedAbsence
    /// What only a server's rounds have.
    case servedRounds

    /// As a heading.
    public var title: String {
        switch self {
        case .population: "Population"
        case .localTraining: "Local training"
        case .algorithm: "Algorithm"
        case .roundsAndTests: "Rounds and tests"
        case .dataAndModel: "Data and model"
        case .simulatedAbsence: "Simulated absence"
        case .servedRounds: "Served rounds"
        }
    }

    /// Its rows.
    public var settings: [Setting] {
        switch self {
        case .population: RunSpec.population
        case .localTraining: RunSpec.localTraining
        case .algorithm: RunSpec.algorithm
        case .roundsAndTests: RunSpec.roundsAndTests
        case .dataAndModel: RunSpec.dataAndModel
        case .simulatedAbsence: RunSpec.simulatedAbsence
        case .servedRounds: RunSpec.servedRounds
        }
    }
}

extension RunSpec {
    /// The table: a row for each stored property.
    public static let settings = Topic.allCases.flatMap(\.settings)

    private static let byName = Dictionary(uniqueKeysWithValues: settings.map { ($0.name, $0) })

    /// The row of that name, in this version's spelling or an earlier one's; nil where there is none.
    public static func setting(named name: String) -> Setting? { byName[KeySpelling.setting(name)] }

    private static let byDashedName = Dictionary(
        uniqueKeysWithValues: settings.filter { $0.needs.clients != .noted }.flatMap { setting in
            ([Spelling.dashed(setting.name)] + setting.otherNames).map { ($0, setting) }
        })

    /// The row that somebody means: batch_size, batchSize, batch-size and --batch-size are one.
    ///
    /// nil where none can be given by that name.
    public static func setting(spelled name: String) -> Setting? {
        byDashedName[Spelling.dashed(name.hasPrefix("--") ? String(name.dropFirst(2)) : name)]
    }
}
