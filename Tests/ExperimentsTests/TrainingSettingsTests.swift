import Experiments
import Federation
import JSON
import NeuralNetworks
import TestThreads
import Testing
import Training

@Suite("Settings of optimisers, schedules, augmentation and stragglers", .holdsItsThread)
struct TrainingSettingsTests {
    private func spec(_ members: [String: JSONValue]) throws -> RunSpec {
        try RunSpec(GivenSettings(members)).validated()
    }

    private func sentence(_ members: [String: JSONValue]) -> String? {
        do {
            _ = try spec(members)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("They make the training that they say")
    func parts() throws {
        let adam = try spec([
            "optimizer": "AdamW", "adam_beta1": 0.5, "adam_beta2": 0.75, "adam_epsilon": 0.25,
            "weight_decay": 0.125, "learning_rate": 0.5, "schedule": "warmup:2+cosine",
            "rounds": 7, "augment": "flip+shift:3", "stragglers": 0.5, "seed": 9,
        ]).training
        #expect(
            adam.optimizer
                == LocalOptimizer(
                    .adamw, learningRate: 0.5, beta1: 0.5, beta2: 0.75, epsilon: 0.25,
                    weightDecay: 0.125))
        #expect(adam.schedule == LearningRateSchedule(warmup: 2, .cosine(final: 0)))
        #expect(adam.rounds == 7)
        #expect(adam.augmentation == Augmentation(shift: 3, flips: true))
        #expect(adam.stragglers == Stragglers(fraction: 0.5, seed: 9))
        #expect(
            adam.summary
                == "10 epochs, batch 8, AdamW at 0.5, schedule warmup:2+cosine, weight decay 0.125, "
                + "images augmented by shift:3+flip, stragglers with 0.5")
        let nesterov = try spec(["momentum": 0.5, "nesterov": true]).training
        #expect(
            nesterov.optimizer == LocalOptimizer(learningRate: 0.01, momentum: 0.5, nesterov: true))
        #expect(nesterov.summary == "10 epochs, batch 8, SGD at 0.01, Nesterov’s momentum 0.5")
        let dropping = try spec(["stragglers": 0.5, "drop_stragglers": true, "seed": 9])
        #expect(dropping.training.stragglers == nil)
        #expect(
            dropping.rules.participation.dropped == Stragglers(fraction: 0.5, seed: 9))
    }

    @Test("What says nothing is left out, so that a log of it is that of a run without")
    func nothing() throws {
        let plain = try spec([
            "optimizer": "sgd", "nesterov": false, "schedule": "constant", "stragglers": 0,
            "drop_stragglers": false,
        ])
        #expect(try plain == RunSpec().validated())
        #expect(plain.training == LocalTraining(rounds: plain.rounds))
    }

    @Test("What contradicts itself, in a sentence")
    func refused() {
        let table: [([String: JSONValue], String)] = [
            (["nesterov": true], "--nesterov needs --momentum"),
            (
                ["nesterov": true, "momentum": 0.5, "optimizer": "adam"],
                "--momentum belongs to sgd: the optimizer is adam"
            ),
            (["adam_beta1": 0.5], "--adam-beta1 belongs to adam, adamw: the optimizer is sgd"),
            (
                ["optimizer": "adam", "adam_epsilon": 0],
                "--adam-epsilon must be above 0 and at most 1, not 0.0"
            ),
            (
                ["schedule": "linear"],
                "--schedule must be constant, step:ROUNDS:FACTOR, cosine or cosine:FINAL, each "
                    + "behind warmup:ROUNDS+ or not, not “linear”"
            ),
            (
                ["augment": "turn"],
                "--augment must be shift:PIXELS, flip or shift:PIXELS+flip, not “turn”"
            ),
            (["stragglers": 1.5], "--stragglers must be 0 to 1, not 1.5"),
            (["stragglers": 0.5, "steps": 3], "--stragglers and --steps exclude each other"),
            (["drop_stragglers": true], "--drop-stragglers needs --stragglers"),
            (
                ["drop_stragglers": true, "stragglers": 1],
                "--drop-stragglers with --stragglers 1 leaves no client: expected less than 1"
            ),
            (
                ["optimizer": "adam", "strategy": "scaffold"],
                "SCAFFOLD takes a client's change for its gradients, as sgd makes it, and the "
                    + "optimizer is adam: take sgd, or another strategy"
            ),
            (
                ["optimizer": "adam", "strategy": "fednova"],
                "FedNova divides a client's change by how far sgd's steps carry, and the optimizer "
                    + "is adam: take sgd, or another strategy"
            ),
        ]
        for (members, expected) in table { #expect(sentence(members) == expected) }
        let error = #expect(throws: SettingsError.self) {
            try spec(["drop_stragglers": true, "stragglers": 0.5]).validated(for: .loopback(.http))
        }
        #expect("\(error!)".hasPrefix("--drop-stragglers is simulated in memory: "))
    }

    @Test("What a server tells its clients has them")
    func travelling() throws {
        let told = try spec([
            "optimizer": "adam", "schedule": "cosine", "augment": "flip", "stragglers": 0.5,
        ]).travelling
        #expect(told["optimizer"] == "adam" && told["schedule"] == "cosine")
        #expect(told["augment"] == "flip" && told["stragglers"] == 0.5 && told["rounds"] == 5)
    }

    @Test("A sweep over optimisers gives each the settings that are its own")
    func sweep() throws {
        var grid = SweepGrid()
        grid["optimizer"] = ["sgd", "adam"]
        grid["momentum"] = [0.5]
        grid["adam_beta1"] = [0.25]
        let specs = try grid.combinations().map(\.spec)
        #expect(specs.map(\.momentum) == [0.5, 0])
        #expect(specs.map(\.adamBeta1) == [nil, 0.25])
    }
}
