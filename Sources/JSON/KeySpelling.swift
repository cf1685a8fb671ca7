/// How keys of our JSON are spelled: `balanced_accuracy`, `learning_rate`.
///
/// Earlier versions wrote some in words and some in camelCase. What is read from them goes by one rule,
/// so that no list says which key was which.
package enum KeySpelling {
    /// A key in lower case with `_` between its words: “top-5 accuracy” is top_5_accuracy, “clients' mean
    /// accuracy” clients_mean_accuracy, learningRate learning_rate and adamBeta1 adam_beta1.
    ///
    /// A key that is spelled so is the same; one without letters and digits stays as it is.
    package static func snake(_ key: String) -> String {
        guard key.utf8.contains(where: isOther) else { return key }
        var spelled = ""
        var isWordOver = false
        for character in key where !"'’".contains(character) {
            guard character.isLetter || character.isNumber else {
                isWordOver = true
                continue
            }
            // Of other scripts some capitals have no small letter, and would part words again.
            let isCapital = character.isASCII && character.isUppercase
            if let last = spelled.last, isWordOver || isCapital && !last.isUppercase {
                if last != "_" { spelled += "_" }
            }
            isWordOver = false
            spelled.append(character)
        }
        return spelled.isEmpty ? key : spelled.lowercased()
    }

    /// The name of a setting, which earlier versions had in camelCase: learningRate is learning_rate. Whatever
    /// was no name then is none now, and stays as it is.
    package static func setting(_ name: String) -> String {
        let isCamel =
            name.first?.isLowercase == true
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return isCamel ? snake(name) : name
    }

    /// A key as people read it: “balanced accuracy”, “learning rate”.
    package static func words(_ key: String) -> String { snake(key).replacing("_", with: " ") }

    /// Whether it may be a byte of a key that is spelled in another way.
    private static func isOther(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"):
            false
        default: true
        }
    }
}

extension Dictionary where Key == String {
    /// The same by keys as they are spelled now; where two come to the same, the one that is spelled so counts.
    package var spelled: [String: Value] { spelled(by: KeySpelling.snake) }

    /// The same with settings by their names as they are spelled now.
    package var withSettingsSpelled: [String: Value] { spelled(by: KeySpelling.setting) }

    private func spelled(by rule: (String) -> String) -> [String: Value] {
        guard keys.contains(where: { rule($0) != $0 }) else { return self }
        var spelled: [String: Value] = [:]
        for (key, value) in self {
            let now = rule(key)
            if now == key || self[now] == nil { spelled[now] = value }
        }
        return spelled
    }
}

extension JSONValue {
    /// An object with its own keys as they are spelled now, not those within its members; else the same.
    package var spelled: JSONValue {
        if case .object(let members) = self { .object(members.spelled) } else { self }
    }

    /// An object of settings with their names as they are spelled now; else the same.
    package var withSettingsSpelled: JSONValue {
        if case .object(let members) = self { .object(members.withSettingsSpelled) } else { self }
    }
}
