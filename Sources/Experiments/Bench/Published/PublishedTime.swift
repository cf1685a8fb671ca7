/// What somebody has published of a setting: how long a program took, on what, and where that is said.
package struct PublishedTime: Encodable, Hashable, Sendable {
    /// The program, with its version where that is said.
    package let program: String
    /// What it ran on, as the source has it.
    package let hardware: String
    /// All of the setting's rounds; nil where no figure could be checked.
    package let seconds: Double?
    /// A round, where that was published.
    package let secondsPerRound: Double?
    /// Where it is said.
    package let source: String
    /// What the figure is, where it is not simply the time of a run.
    package let note: String?

    init(
        _ program: String, on hardware: String, seconds: Double?, secondsPerRound: Double? = nil,
        source: String, note: String? = nil
    ) {
        self.program = program
        self.hardware = hardware
        self.seconds = seconds
        self.secondsPerRound = secondsPerRound
        self.source = source
        self.note = note
    }

    private enum CodingKeys: String, CodingKey {
        case program, hardware, seconds, secondsPerRound, source, note
    }

    /// With `seconds` in any case: what nobody could check is null.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(program, forKey: .program)
        try values.encode(hardware, forKey: .hardware)
        try values.encode(seconds, forKey: .seconds)
        try values.encodeIfPresent(secondsPerRound, forKey: .secondsPerRound)
        try values.encode(source, forKey: .source)
        try values.encodeIfPresent(note, forKey: .note)
    }
}
