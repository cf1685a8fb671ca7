/// Words as they are typed into a shell.
package enum ShellWord {
    /// The word, in quotes where a shell would make something else of it.
    package static func quoted(_ text: String) -> String {
        let plain = text.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-_./,:=@%+".contains($0))
        }
        guard !plain || text.isEmpty else { return text }
        return "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
}
