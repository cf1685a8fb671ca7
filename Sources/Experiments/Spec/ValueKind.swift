/// What kind of value an option takes, found out by asking its parser.
package struct ValueKind: Equatable {
    package let isWhole: Bool
    package let isSigned: Bool
    package let allowsAll: Bool

    /// nil for what takes no numbers.
    package init?(accepts: (String) -> Bool) {
        guard accepts("1") else { return nil }
        isWhole = !accepts("0.5")
        isSigned = accepts("-1")
        allowsAll = accepts("all")
    }

    /// "a whole number, like 1000".
    package func words(insteadOf found: String) -> String {
        guard isWhole else { return allowsAll ? "a number or all" : "a number" }
        return ValueWords.whole(isSigned: isSigned, allowsAll: allowsAll, insteadOf: found)
    }
}
