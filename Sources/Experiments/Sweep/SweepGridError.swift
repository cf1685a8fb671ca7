import JSON

/// Why a sweep has no combinations: one sentence, with the place, the key and what was expected.
public enum SweepGridError: Error, Equatable, Sendable {
    /// The system does not let a file be read.
    case unreadable(String)
    /// It is no JSON.
    case noJSON(String, JSONError)
    /// It has no grid.
    case empty(String)
    /// Something else stands in the place of a grid.
    case noObject(place: String, JSONValue)
    /// A setting that all combinations share.
    case shared(place: String, name: String, option: String)
    /// A setting that is there twice.
    case twice(place: String, name: String)
    /// A setting without values.
    case emptyList(place: String, name: String)
    /// A value of another sort.
    case value(place: String, name: String, JSONValue, expected: String)
    /// A setting that a file and an option give.
    case both(place: String, name: String)
    /// What no run can have.
    case settings(place: String, SettingsError)

    /// Whether the file is the reason, and not what was typed or written in it.
    public var isOfFile: Bool {
        switch self {
        case .unreadable, .noJSON: true
        default: false
        }
    }
}

extension SweepGridError: CustomStringConvertible {
    /// The sentence.
    public var description: String {
        switch self {
        case .unreadable(let sentence): sentence
        case .noJSON(let path, let error): "\(path) is no file of grids: \(error)"
        case .empty(let path): "\(path) has no grid: its list is empty"
        case .noObject(let place, let json):
            "\(place): an object of settings was expected, not \(json.shown)"
        case .shared(let place, let name, let option):
            "\(place): “\(name)” is the same for all combinations: give \(option) beside --grid"
        case .twice(let place, let name): "\(place)“\(name)” is a setting that is there twice"
        case .emptyList(let place, let name): "\(place): “\(name)” is an empty list"
        case .value(let place, let name, let json, let expected):
            "\(place): “\(name)” has \(json.shown): \(expected) was expected"
        case .both(let place, let name):
            "\(place)“\(Spelling.dashed(name))” is given there and as --\(Spelling.dashed(name)), "
                + "too: leave one of them out"
        case .settings(let place, let error): "\(place)\(error)"
        }
    }
}
