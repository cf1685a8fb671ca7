import Federation

extension Strategy {
    /// Coordinate-wise median: x ← med_i y_i; see `CoordinateMedian`.
    public static let median = Strategy("Median", aggregator: CoordinateMedian())
}
