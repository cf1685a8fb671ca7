/// Names as people spell them: “FedAvg”, “reference_cnn” and “Reference CNN” mean what the program calls
/// fedavg and reference-cnn.
package enum Spelling {
    /// Only what tells names apart: letters and digits, in lower case.
    package static func plain(_ name: String) -> String {
        name.lowercased().filter { $0.isLetter || $0.isNumber }
    }

    /// batchSize, batch_size → batch-size.
    package static func dashed(_ name: String) -> String {
        name.reduce(into: "") { name, character in
            if character.isUppercase { name += "-" }
            name += character == "_" ? "-" : character.lowercased()
        }
    }

    /// A name's words in lower case: learningRate, learning_rate and learning-rate have the same ones.
    package static func words(_ name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isLower = false
        for character in name {
            if !(character.isLetter || character.isNumber) || character.isUppercase && isLower {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            isLower = character.isLowercase
            if character.isLetter || character.isNumber { word += character.lowercased() }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}

extension CaseIterable where Self: RawRepresentable, RawValue == String {
    /// The case of that name, however it is spelled.
    package init?(spelled name: String) {
        let plain = Spelling.plain(name)
        guard !plain.isEmpty,
            let found = Self.allCases.first(where: { Spelling.plain($0.rawValue) == plain })
        else { return nil }
        self = found
    }
}
