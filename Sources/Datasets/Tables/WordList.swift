/// Different words, numbered in the order in which they came; finding one allocates nothing.
struct WordList {
    private var text: [UInt8] = []
    private var ends: [Int] = [0]
    /// The number of the word at its place, or −1; as many as a power of two.
    private var slots = [Int32](repeating: -1, count: 16)

    /// How many there are.
    var count: Int { ends.count - 1 }

    /// The number of a word, if it is new the next one.
    mutating func number(of word: UnsafeBufferPointer<UInt8>) -> Int {
        var slot = Self.hash(word) & (slots.count - 1)
        while slots[slot] >= 0 {
            let known = Int(slots[slot])
            if equals(known, word) { return known }
            slot = (slot + 1) & (slots.count - 1)
        }
        let number = count
        text.append(contentsOf: word)
        ends.append(text.count)
        slots[slot] = Int32(truncatingIfNeeded: number)
        if 2 * count > slots.count { grow() }
        return number
    }

    /// As with bytes.
    mutating func number(of word: String) -> Int {
        Array(word.utf8).withUnsafeBufferPointer { number(of: $0) }
    }

    /// The bytes of a word.
    func bytes(_ number: Int) -> ArraySlice<UInt8> { text[ends[number]..<ends[number + 1]] }

    /// A word as text; nil where it is no UTF-8.
    func word(_ number: Int) -> String? { String(validating: bytes(number), as: UTF8.self) }

    private func equals(_ number: Int, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = ends[number]
        guard ends[number + 1] - start == word.count else { return false }
        for place in 0..<word.count where text[start + place] != word[place] { return false }
        return true
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: 2 * slots.count)
        for number in 0..<count {
            var slot = bytes(number).withUnsafeBufferPointer { Self.hash($0) } & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(truncatingIfNeeded: number)
        }
    }

    /// Keyed anew in every process, so that nobody can write words that all fall together.
    private static func hash(_ word: UnsafeBufferPointer<UInt8>) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(word))
        return hasher.finalize()
    }
}
