import Commands
import Experiments
import Federation
import Foundation
import TestThreads
import Testing
import Training

@Suite("What options mean", .holdsItsThread)
struct OptionMeaningTests {
    @Test("A cohort is a number, or with a decimal point a fraction: max(C · K, 1), rounded")
    func cohort() throws {
        let table: [(String, CohortSize, Int, Int)] = [
            ("10", .count(10), 100, 10), ("1", .count(1), 100, 1), ("1.0", .fraction(1), 100, 100),
            ("0.1", .fraction(0.1), 100, 10), ("0.0", .fraction(0), 100, 1),
            ("0.25", .fraction(0.25), 10, 3), ("0.24", .fraction(0.24), 10, 2),
            ("1e-4", .fraction(1e-4), 1_000_000, 100), ("0.001", .fraction(0.001), 10, 1),
        ]
        for (text, size, population, count) in table {
            let found = try #require(CohortSize(argument: text))
            #expect(found == size)
            #expect(found.resolved(of: population) == count, "\(text)")
            #expect(CohortSize(argument: found.description) == found)
            let coded = try JSONDecoder().decode(
                CohortSize.self, from: JSONEncoder().encode(found))
            #expect(coded == found)
        }
        for text in ["", "x", "1/2", "inf", "nan", "10%"] {
            #expect(CohortSize(argument: text) == nil, "\(text)")
        }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(CohortSize.self, from: Data("\"x\"".utf8))
        }
    }

    @Test("A batch is a number or all")
    func batch() throws {
        #expect(BatchSize(argument: "8") == .samples(8))
        #expect(BatchSize(argument: "all") == .all)
        #expect(BatchSize.all.count == nil)
        #expect(BatchSize.samples(8).count == 8)
        for text in ["", "alles", "8.5", "∞"] { #expect(BatchSize(argument: text) == nil) }
        for (size, json) in [(BatchSize.all, "\"all\""), (.samples(8), "8")] {
            #expect(String(decoding: try JSONEncoder().encode(size), as: UTF8.self) == json)
            #expect(try JSONDecoder().decode(BatchSize.self, from: Data(json.utf8)) == size)
        }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(BatchSize.self, from: Data("\"most\"".utf8))
        }
    }

    private func settings(_ options: [String]) throws -> RunSpec {
        try ExperimentOptions.parse(options).settings(dataset: "digits")
    }

    @Test("Left alone, a run is what it was before there were cohorts and strategies")
    func defaults() throws {
        let plain = try settings([])
        #expect(plain == RunSpec.defaultsOnDigits)
        #expect(plain.federatedStrategy =~= .fedAvg)
        #expect(plain.training == LocalTraining(rounds: 5))
        #expect(plain.rules == .init(population: 5, rounds: 5, seed: 1))
        #expect(plain.cohortSize == 5)
    }

    @Test("FedSGD is one step over all samples, without saying so")
    func fedSGD() throws {
        for options in [
            [], ["--epochs", "1"], ["--batch-size", "all"],
            ["--epochs", "1", "--batch-size", "all"],
        ] {
            let settings = try settings(["--strategy", "fedsgd"] + options)
            #expect(settings.training.steps(samples: 600) == 1)
            #expect(settings.training.imageCount(samples: 600) == 600)
            #expect(settings.federatedStrategy =~= .fedSGD)
        }
        let steps = try settings(["--strategy", "fedsgd", "--steps", "1"])
        #expect(steps.training.imageCount(samples: 600) == 600)
    }

    @Test("Strategies have their published settings unless told otherwise")
    func strategies() throws {
        func strategy(_ options: String...) throws -> Strategy {
            try settings(["--strategy"] + options).federatedStrategy
        }
        #expect(try strategy("fedprox") =~= .fedProx(mu: 0.01))
        #expect(try strategy("fedprox", "--mu", "0.5") =~= .fedProx(mu: 0.5))
        #expect(
            try settings(["--strategy", "fedprox", "--mu", "0.5"]).federatedStrategy.objective
                .proximal
                == 0.5)
        #expect(try strategy("scaffold") =~= .scaffold(learningRate: 1))
        #expect(
            try strategy("fednova", "--server-learning-rate", "2") =~= .fedNova(learningRate: 2))
        #expect(try strategy("fedavgm") =~= .fedAvgM(learningRate: 1, momentum: 0.9))
        #expect(
            try strategy("fedavgm", "--server-momentum", "0.5", "--server-learning-rate", "2")
                =~= .fedAvgM(learningRate: 2, momentum: 0.5))
        for (name, rule) in [
            ("fedadagrad", ServerOptimizer.Rule.adagrad), ("fedadam", .adam), ("fedyogi", .yogi),
        ] {
            // FedAdagrad has no momentum, as published.
            #expect(
                try strategy(name)
                    =~= .adaptive(
                        ServerOptimizer(
                            rule, learningRate: 0.01, beta1: rule == .adagrad ? 0 : 0.9,
                            beta2: 0.99, tau: 0.001)))
            #expect(
                try strategy(name, "--beta1", "0.9")
                    =~= .adaptive(
                        ServerOptimizer(
                            rule, learningRate: 0.01, beta1: 0.9, beta2: 0.99, tau: 0.001)))
            #expect(
                ServerOptimizer(rule, learningRate: 1).beta1 == (rule == .adagrad ? 0 : 0.9))
            #expect(
                try strategy(name, "--server-learning-rate", "0.1", "--beta1", "0", "--tau", "1")
                    =~= .adaptive(
                        ServerOptimizer(rule, learningRate: 0.1, beta1: 0, beta2: 0.99, tau: 1)))
        }
    }

    @Test("Settings come back from a log as they were")
    func coded() throws {
        var settings = try settings([
            "--partition", "dirichlet:0.5", "--population", "1000", "--cohort", "0.1", "--steps",
            "20", "--batch-size", "all", "--momentum", "0.9", "--weight-decay", "0.001",
            "--gradient-clip", "5", "--learning-rate-decay", "0.99", "--strategy", "fedyogi",
            "--server-learning-rate", "0.1", "--beta1", "0.5", "--beta2", "0.9", "--tau", "0.01",
            "--evaluate-every", "5", "--patience", "10", "--target-accuracy", "0.9",
            "--no-client-evaluation", "--over-selection", "1.3", "--minimum-clients", "50",
        ])
        settings.availability = 0.5
        settings.dropoutBefore = 0.125
        settings.dropoutAfter = 0.25
        let coded = try JSONDecoder().decode(
            RunSpec.self, from: JSONEncoder().encode(settings))
        #expect(coded == settings)
        #expect(coded.experimentNumber == 0)
        #expect(coded.cohortSize == 100)
        #expect(coded.rules.places == 130)
        #expect(coded.rules.goal == 100)
        #expect(coded.rules.evaluationInterval == 5)
        #expect(coded.rules.patience == 10)
        #expect(
            coded.rules.participation
                == .init(availability: 0.5, dropoutBefore: 0.125, dropoutAfter: 0.25))
        #expect(coded.servedRules.participation.isCertain)
    }

    @Test("A served round's minimum is all of it, or half with a deadline")
    func servedMinimum() throws {
        var settings = try settings(["--population", "20", "--cohort", "7"])
        #expect(settings.servedRules.minimumClients == 7)
        settings.roundDeadline = 60
        #expect(settings.servedRules.minimumClients == 4)
        settings.minimumClients = 2
        #expect(settings.servedRules.minimumClients == 2)
        #expect(settings.rules.minimumClients == 2)
    }
}

extension RunSpec {
    fileprivate static var defaultsOnDigits: RunSpec {
        var settings = RunSpec()
        settings.dataset = "digits"
        return settings
    }
}

infix operator =~= : ComparisonPrecedence

/// Whether two strategies have the same parts with the same settings, as they say themselves.
private func =~= (one: Strategy, other: Strategy) -> Bool {
    "\(one)" == "\(other)" && one.objective == other.objective
}
