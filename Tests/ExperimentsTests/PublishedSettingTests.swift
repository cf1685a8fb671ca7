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

    /// A row of which an epoch, a part of the cohort and a part of the test are left: whole rounds take
    /// seconds.
    private func thinned(_ id: String, cohort: Int) throws -> PublishedSetting {
        var setting = try setting(id)
        let (epochs, all) = (setting.counts.epochs, setting.counts.cohort)
        setting.settings.epochs = 1
        setting.counts.epochs = 1
        setting.settings.cohort = .count(cohort)
        setting.counts.cohort = cohort
        setting.settings.evaluationFraction = 0.02
        setting.counts.testSamples = (setting.counts.testSamples + 49) / 50
        if let round = setting.counts.round {
            setting.counts.round?.images = round.images * cohort / (epochs * all)
            setting.counts.round?.steps = round.steps * cohort / (epochs * all)
        }
        return setting
    }

    @Test(
        "Rounds of each row come to their counts",
        arguments: [("S1", 10), ("S2", 2), ("S3", 10), ("S4", 4), ("S5", 20), ("S10", 1)])
    func rounds(id: String, cohort: Int) throws {
        let setting = try thinned(id, cohort: cohort)
        let row = try measure(setting, rounds: 2)
        #expect(row.rounds == 2 && row.publishedRounds == setting.settings.rounds)
        #expect(row.parameters == setting.counts.parameters)
        #expect(row.clients == setting.counts.clients && row.cohort == cohort)
        // The last round is tested in any case, and every one of S3 and S10.
        let tests = setting.settings.evaluateEvery == 1 ? 2 : 1
        #expect(row.testImages == tests * setting.counts.testSamples)
        #expect(row.steps * setting.counts.batchSize >= row.trainingImages)
        if let round = setting.counts.round { #expect(row.trainingImages == 2 * round.images) }
        #expect(row.data.contains("generated"))
        #expect(row.seconds >= row.startSeconds + row.secondsPerRound)
        #expect(row.accuracy != nil && row.imagesPerSecond > 0)
        let text = row.lines.joined(separator: "\n")
        #expect(text.contains("2 of "), "\(text)")
    }

    @Test("A run that came to something else is refused in a sentence")
    func refusals() throws {
        let setting = try thinned("S1", cohort: 10)
        let data = try Self.sources.load(setting, threads: 2).data
        let run = try ExperimentRun(setting.spec(rounds: 1), data: data, threads: 2)
        let done = PublishedCounts(run, run.run())
        #expect(throws: Never.self) { try done.check(setting) }
        func problem(_ change: (inout PublishedSetting.Counts) -> Void) -> String {
            var other = setting
            change(&other.counts)
            let error = #expect(throws: PublishedError.self) { try done.check(other) }
            return error.map { "\($0)" } ?? ""
        }
        let parameters = problem { $0.parameters = 7851 }
        #expect(parameters == "S1: the run came to 7,850 parameters, and the setting to 7,851")
        let samples = problem { $0.samples = 69_000 }
        #expect(
            samples
                == "S1: the run came to 69,035 training samples of all clients, and the setting to "
                + "69,000")
        let updates = problem { $0.cohort = 11 }
        #expect(updates == "S1: the run came to 10 updates in round 1, and the setting to 11")
        let tests = problem { $0.testSamples = 1 }
        #expect(tests == "S1: the run came to 200 test images, and the setting to 1")
        #expect(problem { $0.epochs = 2 }.contains(" training images, and the setting to "))
        #expect(problem { $0.batchSize = 20 }.contains(" optimiser steps, and the setting to "))
    }

    @Test("A run that does not get to its end is refused in a sentence")
    func diverged() throws {
        var setting = try thinned("S1", cohort: 10)
        setting.settings.learningRate = 1e30
        let error = #expect(throws: PublishedError.self) { try measure(setting, rounds: 1) }
        #expect(error.map { "\($0)" }?.hasPrefix("S1: the run diverged: client ") == true)
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
