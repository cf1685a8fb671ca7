/// How a data set is to be read, where its files leave a choice.
public struct DatasetOptions: Sendable, Hashable, Codable {
    /// The part of the samples that are tested on, where a source has no test samples of its own and
    /// nothing else is said.
    public static let usualTestFraction = 0.2

    /// Whether height and width of each image change places, as EMNIST's need.
    ///
    /// What a reader gives is transposed by `DatasetLocator`, whatever it was read from.
    public var transpose: Bool
    /// The column of a table that is to be predicted; nil for one called label, class, target or y.
    public var labelColumn: String?
    /// The column of a table that says whose a row is; nil for none.
    public var clientColumn: String?
    /// The part of the samples that are tested on, above 0 and below 1, of a source without test samples
    /// of its own; nil for `usualTestFraction`.
    public var testFraction: Double?

    /// Options, all at their defaults but for those given.
    public init(
        transpose: Bool = false, labelColumn: String? = nil, clientColumn: String? = nil,
        testFraction: Double? = nil
    ) {
        self.transpose = transpose
        self.labelColumn = labelColumn
        self.clientColumn = clientColumn
        self.testFraction = testFraction
    }
}
