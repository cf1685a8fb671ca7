/// The type of an array's numbers, as the header of an `.npy` file names it: `<f4`, `|u1`, `>i8`.
struct NPYType: Equatable {
    /// What the bits of a number mean.
    enum Kind: Character {
        case bool = "b"
        case signed = "i"
        case unsigned = "u"
        case float = "f"
    }

    let kind: Kind
    /// Bytes of a number.
    let size: Int
    let isBigEndian: Bool

    /// - Throws: `ArrayProblem` where it is another's.
    init(_ text: String) throws(ArrayProblem) {
        let characters = Array(text)
        // Objects are “|O”, and “O” of old.
        if characters.contains("O"), characters.count <= 3 { throw .objects }
        guard characters.count == 3, let kind = Kind(rawValue: characters[1]),
            let size = characters[2].wholeNumberValue
        else { throw .type(text) }
        let sizes =
            switch kind {
            case .bool: [1]
            case .signed, .unsigned: [1, 2, 4, 8]
            case .float: [2, 4, 8]
            }
        guard sizes.contains(size) else { throw .type(text) }
        switch characters[0] {
        case "<": isBigEndian = false
        case ">": isBigEndian = true
        case "|" where size == 1: isBigEndian = false
        default: throw .type(text)
        }
        self.kind = kind
        self.size = size
    }
}
