import JSON

/// Settings for programs, and for the document of the HTTP interface.
extension Setting {
    /// What a program may want to know: name, option, type, values, default, bounds, needs, help.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "title": .string(title), "help": .string(help),
            "type": .string(kind.name), "default": standard, "needs": needs.json,
            "option": needs.clients == .noted ? nil : .string(option),
            "travels": .bool(travels),
        ]
        members["bounds"] = bounds.map { .object($0.members) }
        members["usual"] = usual.map { .string($0) }
        switch kind {
        case .choice(let names), .choiceOrFile(let names):
            members["values"] = .array(names.map { meaning(of: $0) ?? .string($0) })
        default: break
        }
        return .object(members)
    }

    /// Its line in the document of the HTTP interface, as a property of `RunSpec`.
    package var openAPI: String {
        var parts: [String] = []
        let type = schemaTypes + (RunSpec.isOptional(self) ? ["\"null\""] : [])
        parts.append("type: " + (type.count == 1 ? type[0] : "[\(type.joined(separator: ", "))]"))
        if case .choice(let names) = kind {
            var values = names.map { meaning(of: $0)?.typed ?? $0 }
            if RunSpec.isOptional(self) { values.append("null") }
            parts.append("enum: [\(values.joined(separator: ", "))]")
        }
        if let bounds {
            parts += bounds.members.sorted { $0.key < $1.key }.map { "\($0): \($1.typed)" }
        } else if kind == .whole {
            parts += ["minimum: 0", "maximum: \(UInt64.max)"]
        }
        let sentence = help.replacing("\"", with: "\\\"")
        parts.append("description: \"\(sentence)\"")
        return "        \(name): { \(parts.joined(separator: ", ")) }"
    }

    private var schemaTypes: [String] {
        switch kind {
        case .whole: ["integer"]
        case .wholeOrAll: ["integer", "string"]
        case .number: name == "cohort" ? ["number", "string"] : ["number"]
        case .flag: ["boolean"]
        case .choice(let names): [Int(names.first ?? "") == nil ? "string" : "integer"]
        case .choiceOrFile: ["string", "object"]
        case .text: ["string"]
        }
    }
}

extension RunSpec {
    /// Whether a run can be without a value of that setting.
    static func isOptional(_ setting: Setting) -> Bool {
        var spec = RunSpec()
        do throws(ValueProblem) {
            try setting.write(.null, &spec)
            return true
        } catch {
            return false
        }
    }

    /// The properties of `RunSpec` in the document of the HTTP interface.
    package static var openAPI: String {
        settings.map { $0.openAPI + "\n" }.joined()
    }
}

extension Setting.Needs {
    /// In a few words; nil for nothing.
    public var words: String? {
        var parts: [String] = []
        if !strategies.isEmpty {
            parts.append(strategies.map(\.rawValue).joined(separator: ", "))
        }
        if !optimizers.isEmpty {
            parts.append(
                "the optimizer " + optimizers.map(\.rawValue).joined(separator: " or "))
        }
        if let other { parts.append("--" + Spelling.dashed(other)) }
        if experiment { parts.append("an experiment") }
        switch clients {
        case nil, .noted: break
        case .simulated: parts.append("simulated clients")
        case .joining: parts.append("federated serve")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [:]
        if !strategies.isEmpty {
            members["strategies"] = .array(strategies.map { .string($0.rawValue) })
        }
        if !optimizers.isEmpty {
            members["optimizers"] = .array(optimizers.map { .string($0.rawValue) })
        }
        if let other { members["setting"] = .string(other) }
        if experiment { members["experiment"] = true }
        switch clients {
        case nil: break
        case .simulated: members["clients"] = "simulated"
        case .joining, .noted: members["clients"] = "joining"
        }
        return .object(members)
    }
}
