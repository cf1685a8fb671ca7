import JSON
import NeuralNetworks

/// As JSON a spec is an object of its settings by their names; one without a value is left out.
extension RunSpec: Codable {
    /// Reads what `encode` wrote, in this version or an earlier one; what is no setting is left out.
    ///
    /// No file is read: a model stands in it by name, or whole.
    /// - Throws: `SettingsError` where a setting that every run has is missing, or is of another sort.
    public init(from decoder: any Decoder) throws {
        let members = try [String: JSONValue](from: decoder).withSettingsSpelled
        self.init()
        for setting in Self.settings {
            let json = members[setting.name] ?? .null
            if case .choiceOrFile = setting.kind, case .string(let name) = json,
                NamedModel(spelled: name) == nil
            {
                throw SettingsError.kind(setting.name, expected: setting.expected, found: json)
            }
            try setting.set(json, in: &self)
        }
    }

    /// Writes each setting that has a value.
    public func encode(to encoder: any Encoder) throws {
        let values = Self.settings.map { ($0.name, $0.read(self)) }.filter { $0.1 != .null }
        try Dictionary(uniqueKeysWithValues: values).encode(to: encoder)
    }
}
