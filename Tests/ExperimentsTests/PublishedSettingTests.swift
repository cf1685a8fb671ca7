import Datasets
import Experiments
import JSON
import NeuralNetworks
import TestThreads
import Testing

@Suite("Settings whose times are published", .holdsItsThread)
struct PublishedSettingTests {
    private static let sources = PublishedSources(dataset: "digits")

    private func setting(_ id: String) throws -> PublishedSetting {
        try #require(try PublishedSetting.named(id).first)
    }

    private func measure(_ setting: PublishedSetting, rounds: Int) throws -> PublishedBenchmark.Row
    {
        let bench = PublishedBenchmark(
            [setting], rounds: rounds, threads: 2, sources: Self.sources)
        return try #require(try bench.measure(progress: { _ in }).rows.first)
    }

    @Test("Whole runs come to what is published of each")
    func counts() throws {
        #expect(PublishedSetting.all.map(\.id) == ["S1", "S2", "S3", "S4", "S5", "S10"])
        let shapes: [String: FeatureShape] = [
            "S3": .image(height: 32, width: 32, channels: 3),
            "S4": .image(height: 32, width: 32, channels: 3),
        ]
        for setting in PublishedSetting.all {
            let (spec, counts) = (setting.spec(rounds: nil), setting.counts)
            #expect(throws: Never.self, "\(setting.id)") { try spec.validated(classCount: 62) }
            let isCharacters = ["S2", "S5"].contains(setting.id)
            let model = try spec.model.architecture(
                input: shapes[setting.id] ?? .image(height: 28, width: 28, channels: 1),
                classCount: isCharacters ? 62 : 10)
            #expect(model.parameterCount == counts.parameters)
            #expect(spec.clients == counts.clients && spec.cohortSize == counts.cohort)
            #expect(spec.epochs == Double(counts.epochs))
            #expect(spec.batchSize == .samples(counts.batchSize))
            #expect(spec.noClientEvaluation)
            guard let round = counts.round else { continue }
            // Equal shards: what one client does, times the cohort.
            let each = counts.samples / counts.clients
            #expect(round.images == counts.cohort * each * counts.epochs)
            #expect(round.steps == counts.cohort * spec.training.steps(samples: each))
        }
        let whole = ["S3", "S4", "S10"].map { id in
            PublishedSetting.all.first { $0.id == id }.map { setting in
                (setting.counts.round?.images ?? 0) * setting.settings.rounds
            }
        }
        #expect(whole == [1_250_000, 3_750_000, 30_000_000])
    }

    @Test("Writers have as many images as federated EMNIST's together, and unequal shares")
    func writers() {
        let sizes = WriterSizes.sizes
        #expect(sizes.count == 3400 && sizes.reduce(0, +) == 671_585)
        #expect(sizes.allSatisfy { $0 > 0 })
        #expect((sizes.min() ?? 0) < 60 && (sizes.max() ?? 0) > 240)
        // In random order.
        #expect(sizes != sizes.sorted() && sizes != sizes.sorted(by: >))
    }

    /// A row, and the epochs that are left of it: whole rounds of S3 and S10 take seconds.
    @Test(
        "A round or two of each row come to their counts",
        arguments: [
            ("S1", 2, 1), ("S2", 1, 1), ("S3", 1, 1), ("S4", 1, 1), ("S5", 1, 2), ("S10", 1, 1),
        ])
    func rounds(id: String, rounds: Int, epochs: Int) throws {
        var setting = try setting(id)
        let all = setting.counts.epochs
        setting.settings.epochs = Double(epochs)
        setting.counts.epochs = epochs
        setting.counts.round = setting.counts.round.map {
            .init(images: $0.images * epochs / all, steps: $0.steps * epochs / all)
        }
        let row = try measure(setting, rounds: rounds)
        #expect(row.rounds == rounds && row.publishedRounds == setting.settings.rounds)
        #expect(row.parameters == setting.counts.parameters)
        #expect(row.clients == setting.counts.clients && row.cohort == setting.counts.cohort)
        // Only the last round is tested, and every one of S3 and S10.
        #expect(row.testImages == setting.counts.testSamples)
        #expect(row.steps * setting.counts.batchSize >= row.trainingImages)
        if let round = setting.counts.round { #expect(row.trainingImages == round.images) }
        #expect(row.data.contains("generated"))
        #expect(row.seconds >= row.startSeconds + row.secondsPerRound)
        #expect(row.accuracy != nil && row.imagesPerSecond > 0)
        let text = row.lines.joined(separator: "\n")
        #expect(text.contains("\(rounds) of "), "\(text)")
    }

    @Test("A run that came to something else is refused in a sentence")
    func refusals() throws {
        func problem(_ change: (inout PublishedSetting) -> Void) throws -> String? {
            var setting = try setting("S1")
            change(&setting)
            let error = #expect(throws: PublishedError.self) { try measure(setting, rounds: 1) }
            return error.map { "\($0)" }
        }
        #expect(
            try problem { $0.counts.parameters = 7851 }
                == "S1: the run came to 7,850 parameters, and the setting to 7,851")
        #expect(
            try problem { $0.counts.samples = 69_000 } == "S1: the run came to 69,035 training "
                + "samples of all clients, and the setting to 69,000")
        #expect(
            try problem { $0.counts.cohort = 11 }
                == "S1: the run came to 10 updates in round 1, and the setting to 11")
        #expect(
            try problem { $0.counts.testSamples = 1 }
                == "S1: the run came to 10,000 test images, and the setting to 1")
        let images = try problem { $0.settings.epochs = 2 }
        #expect(images?.contains("training images, and the setting to") == true)
        let steps = try problem { $0.settings.batchSize = .samples(20) }
        #expect(steps?.contains("optimiser steps, and the setting to") == true)
        #expect(
            try problem { $0.settings.learningRate = 1e30 }?.hasPrefix("S1: the run diverged")
                == true)
    }

    @Test("Rows are named in any case and order, and others are refused")
    func names() throws {
        #expect(try PublishedSetting.named("s10, S1").map(\.id) == ["S1", "S10"])
        let error = #expect(throws: PublishedError.self) { try PublishedSetting.named("S1,S6") }
        #expect(
            error.map { "\($0)" }
                == "there is no row “S6”: they are S1, S2, S3, S4, S5, S10")
    }

    @Test("Data of another shape are refused")
    func otherData() throws {
        let setting = try setting("S3")
        let bench = PublishedBenchmark(
            [setting], rounds: 1, threads: 1, sources: PublishedSources(cifar: "digits"))
        let error = #expect(throws: PublishedError.self) { try bench.measure(progress: { _ in }) }
        #expect(
            error.map { "\($0)" }
                == "S3: “digits” has 60,000 and 10,000 samples of 28×28×1 in 10 classes, and the setting "
                + "has 50,000 and 10,000 samples of 32×32×3 in 10 classes")
    }

    @Test("A time that nobody could check is null, and said to be so")
    func unchecked() throws {
        let time = try #require(try setting("S4").times.first)
        #expect(time.text == "not checked")
        let json = try JSONValue(encoding: time)
        #expect(json.members["seconds"] == .null)
        let known = try #require(try setting("S1").times.first)
        #expect(known.text == "30:14")
        #expect(try JSONValue(encoding: known).members["seconds"]?.double == 1814)
    }
}
