import Federation

extension SpecFile {
    /// The spec that repeats the run of a log; nil where it has no settings of this version.
    /// - Parameter source: where the store has it from; nil for the data by the name that the log has.
    public init?(of log: RunLog, source: DataSource? = nil) {
        guard let spec = RunSpec(logged: log) else { return nil }
        var given = spec.given
        if let source { given["dataset"] = .string(source.dataset) }
        self.init(
            given, dataFingerprint: log.dataFingerprint,
            partitionFingerprint: log.partitionFingerprint,
            initialModelFingerprint: log.initialModelFingerprint,
            serverRuleFingerprint: log.serverRuleFingerprint)
    }

    /// Refuses other images, or another division of them, than the file says.
    /// - Parameters:
    ///   - later: what was said beside the file: other data or another division are meant then.
    ///   - path: the file's name.
    /// - Throws: `SpecFileError`.
    package func check(
        _ inputs: RunInputs, origin: String, beside later: GivenSettings, path: String
    ) throws(SpecFileError) {
        guard later["dataset"] == nil else { return }
        if let dataFingerprint, dataFingerprint != inputs.dataText {
            throw .otherData(path, origin: origin)
        }
        if later["initial_model"] == nil, let initialModelFingerprint,
            initialModelFingerprint != inputs.initialModel
        {
            throw .otherInitialModel(path, file: given["initial_model"]?.typed ?? "")
        }
        if later["server_rule"] == nil, let serverRuleFingerprint,
            serverRuleFingerprint != inputs.serverRule
        {
            throw .otherServerRule(path, file: given["server_rule"]?.typed ?? "")
        }
        guard later["partition"] == nil, later["experiment"] == nil else { return }
        if let partitionFingerprint, let found = inputs.partitionText,
            partitionFingerprint != found
        {
            throw .otherDivision(path, by: given["partition"]?.typed ?? "")
        }
    }
}
