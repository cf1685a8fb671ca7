import Federation

/// What a run came to: counted where it was done, or read off its records.
package struct PublishedCounts: Equatable, Sendable {
    /// Of its model.
    package var parameters: Int
    /// Clients that have a shard.
    package var clients: Int
    /// Samples of all of them.
    package var samples: Int
    /// Samples of each update, by round.
    package var updates: [[Int]]
    /// Rounds whose model was tested.
    package var tests: Int
    /// Images that went through training, counted batch by batch.
    package var trainingImages: Int
    /// Images that went through tests, counted piece by piece.
    package var testImages: Int
    /// Steps that the trainer made on shards of these sizes.
    package var steps: Int

    /// Of a run that is over.
    package init(_ run: ExperimentRun, _ result: RunResult) {
        let shards = run.parts.shards
        parameters = run.architecture.parameterCount
        clients = run.spec.clients
        samples = (0..<run.spec.clients).reduce(0) { $0 + shards.sampleCount(client: $1, round: 1) }
        updates = result.rounds.map { $0.record.clients.compactMap(\.sampleCount) }
        tests = result.rounds.count { $0.record.global != nil }
        let seen = run.progress.snapshot
        trainingImages = seen.imagesTrained
        testImages = seen.imagesEvaluated
        let training = run.parts.training
        steps = result.rounds.reduce(0) { sum, round in
            round.record.clients.reduce(sum) { sum, client in
                sum
                    + (client.sampleCount.map {
                        training.steps(
                            samples: $0, client: client.client, round: round.record.round)
                    } ?? 0)
            }
        }
    }

    /// Refuses a run that did anything else than the setting says.
    /// - Throws: `PublishedError.count`.
    package func check(_ setting: PublishedSetting) throws(PublishedError) {
        let counts = setting.counts
        func require(_ what: String, _ found: Int, _ expected: Int) throws(PublishedError) {
            guard found == expected else {
                throw .count(setting: setting.id, what: what, found: found, expected: expected)
            }
        }
        try require("parameters", parameters, counts.parameters)
        try require("clients", clients, counts.clients)
        try require("training samples of all clients", samples, counts.samples)
        for (index, sizes) in updates.enumerated() {
            try require("updates in round \(index + 1)", sizes.count, counts.cohort)
        }
        let all = updates.joined()
        if let round = counts.round {
            try require("training images", trainingImages, round.images * updates.count)
            try require("optimiser steps", steps, round.steps * updates.count)
        } else {
            try require("training images", trainingImages, counts.epochs * all.reduce(0, +))
            let batches = all.reduce(0) { $0 + ($1 + counts.batchSize - 1) / counts.batchSize }
            try require("optimiser steps", steps, counts.epochs * batches)
        }
        // The last model is tested in any case.
        let every = setting.settings.evaluateEvery
        try require("tests", tests, (updates.count + every - 1) / every)
        try require("test images", testImages, counts.testSamples * tests)
    }
}
