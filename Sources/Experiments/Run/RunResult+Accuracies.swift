import Federation

extension RunResult {
    /// The global model's accuracy on the test set after each round, 0…1; nil for rounds that were not
    /// tested.
    public var accuracies: [Double?] { rounds.map { $0.record.global?.accuracy } }

    /// That after the last round that was tested; nil if none was.
    public var finalAccuracy: Double? { accuracies.compactMap(\.self).last }

    /// The best of all rounds; nil if none was tested.
    public var bestAccuracy: Double? { accuracies.compactMap(\.self).max() }
}
