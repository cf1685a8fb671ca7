import Datasets

/// A setting whose time somebody has published: how it is run here, and what it must come to.
package struct PublishedSetting: Sendable {
    /// As the command has it: "S1".
    package var id: String
    /// Who published it, and the task.
    package var title: String
    /// The setting in one line.
    package var summary: String
    /// What it is run on.
    package var material: PublishedMaterial
    /// All of the run.
    package var settings: RunSpec
    /// What it must come to.
    package var counts: Counts
    /// What was published.
    package var times: [PublishedTime]
    /// What is not as it was published; sentences.
    package var remarks: [String]

    /// What a setting says of its run, not worked out from the run.
    package struct Counts: Sendable, Hashable {
        /// Of the model.
        package var parameters: Int
        /// K.
        package var clients: Int
        /// Clients a round.
        package var cohort: Int
        /// Training samples of all clients.
        package var samples: Int
        /// Samples of a test.
        package var testSamples: Int
        /// Local epochs.
        package var epochs: Int
        /// B.
        package var batchSize: Int
        /// Images and steps of a round; nil where clients have unequal shards and chance says whose.
        package var round: Round?

        /// Of a round with equal shards.
        package struct Round: Sendable, Hashable {
            /// Images that are trained on, repeats counted.
            package var images: Int
            /// Steps of the clients' optimisers.
            package var steps: Int
        }
    }

    /// The settings of a run that is cut short, or whole.
    package func spec(rounds: Int?) -> RunSpec {
        var spec = settings
        if let rounds { spec.rounds = min(rounds, spec.rounds) }
        return spec
    }

    /// The rows of a list like "S1,s3", in the table's order.
    /// - Throws: `PublishedError.noSetting` for one that there is not.
    package static func named(_ list: String) throws(PublishedError) -> [PublishedSetting] {
        let words = list.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.filter { $0 != " " }.uppercased()
        }
        for word in words where !all.contains(where: { $0.id == word }) {
            throw .noSetting(word, known: all.map(\.id))
        }
        return all.filter { words.contains($0.id) }
    }
}
