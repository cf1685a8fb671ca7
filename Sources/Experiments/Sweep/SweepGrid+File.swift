import JSON
import Platform

extension SweepGrid {
    /// Reads a JSON file of grids: an object like `{"strategy": ["fedavg", "fedprox"], "mu": 0.1}`, or
    /// a list of such objects, which are run one after the other.
    ///
    /// null leaves a setting at its default.
    /// - Throws: `SweepGridError` where there is no such file or no JSON in it, and where a key or a value
    ///   is none of a run's.
    public static func reading(file path: String) throws(SweepGridError) -> [SweepGrid] {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try InputFile.read(path)
        } catch {
            throw .unreadable("\(error)")
        }
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue(decoding: TextLines.utf8(bytes))
        } catch {
            throw .noJSON(path, error)
        }
        guard case .array(let grids) = document else {
            return [try grid(document, at: path)]
        }
        guard !grids.isEmpty else { throw .empty(path) }
        var read: [SweepGrid] = []
        for (index, json) in grids.enumerated() {
            read.append(try grid(json, at: "\(path), grid \(index + 1)"))
        }
        return read
    }

    private static func grid(_ json: JSONValue, at place: String) throws(SweepGridError)
        -> SweepGrid
    {
        guard case .object(let members) = json else { throw .noObject(place: place, json) }
        var grid = SweepGrid(place: place + ": ")
        for (key, json) in members.sorted(by: { $0.key < $1.key }) {
            guard let setting = setting(spelled: key) else {
                guard !SweepShared.names.contains(Spelling.dashed(key)) else {
                    throw .shared(place: place, name: key, option: "--\(Spelling.dashed(key))")
                }
                throw .settings(place: place + ": ", .unknown(key, meant: meant(by: key)))
            }
            guard grid[setting.name] == nil else { throw .twice(place: place + ": ", name: key) }
            grid[setting.name] = try values(json, of: setting, as: key, at: place)
        }
        return grid
    }

    private static func meant(by key: String) -> [String] {
        Suggestion.near(
            key, among: RunSpec.settings.filter(takes).map { Spelling.dashed($0.name) })
    }

    private static func values(
        _ json: JSONValue, of setting: Setting, as key: String, at place: String
    ) throws(SweepGridError) -> [JSONValue] {
        guard case .array(let list) = json else {
            return [try value(json, of: setting, as: key, at: place)]
        }
        guard !list.isEmpty else { throw .emptyList(place: place, name: key) }
        var values: [JSONValue] = []
        for json in list { values.append(try value(json, of: setting, as: key, at: place)) }
        return values
    }

    /// Texts are what would be typed.
    private static func value(
        _ json: JSONValue, of setting: Setting, as key: String, at place: String
    ) throws(SweepGridError) -> JSONValue {
        switch (json, setting.kind) {
        case (.null, _), (.bool, .flag): return json
        case (_, .flag): throw .value(place: place, name: key, json, expected: "true or false")
        case (.object, .choiceOrFile):
            do throws(SettingsError) {
                var spec = RunSpec()
                try setting.set(json, in: &spec)
                return setting.value(of: spec)
            } catch {
                throw .settings(place: place + ": ", error)
            }
        case (.integer, _), (.unsigned, _), (.number, _), (.string, _):
            do throws(SettingsError) {
                return try setting.json(word: json.typed)
            } catch {
                throw .settings(place: place + ": ", error)
            }
        default:
            throw .value(
                place: place, name: key, json,
                expected: "a number, a text or a list of these")
        }
    }
}

/// What the runs of a sweep share, by the names of options.
public enum SweepShared {
    /// Where data and logs are, and with what to work: not what a run computes.
    public static let names =
        ["dataset", "data-dir", "log-dir", "threads"]
        + RunSpec.readingNames.map { Spelling.dashed($0) }
}
