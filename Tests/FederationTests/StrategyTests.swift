import Federation
import Parameters
import TestThreads
import Testing

@Suite("Strategies against cases worked out by hand", .holdsItsThread)
struct StrategyTests {
    @Test("FedAvg: (1 · (3, 6) + 3 · (−1, −2)) / 4")
    func fedAvg() throws {
        let next = try Strategy.fedAvg.round(
            [
                Part(client: 1, samples: 1, model: [3, 6]),
                Part(client: 2, samples: 3, model: [-1, -2]),
            ], after: FederationState([9, 9]))
        #expect(next == FederationState([0, 0]))
    }

    /// x = (1, 2), η = 0.5, gradients (2, −2) of one sample and (1, 1) of three.
    @Test("FedSGD: x − η Σ n_i g_i / n")
    func fedSGD() throws {
        #expect(Strategy.fedSGD.objective == .plain)
        let next = try Strategy.fedSGD.round(
            [
                Part(client: 1, samples: 1, model: [0, 3]),
                Part(client: 2, samples: 3, model: [0.5, 1.5]),
            ], after: FederationState([1, 2]))
        #expect(next == FederationState([1 - 0.5 * 1.25, 2 - 0.5 * 0.25]))
    }

    @Test("FedProx averages as FedAvg does; its client half has μ, unless it is 0")
    func fedProx() throws {
        let parts = [
            Part(client: 1, model: [3, 6]), Part(client: 2, samples: 3, model: [-1, -2]),
        ]
        let state = FederationState([9, 9])
        let average = try Strategy.fedAvg.round(parts, after: state)
        #expect(try Strategy.fedProx(mu: 0.5).round(parts, after: state) == average)
        #expect(Strategy.fedProx(mu: 0.5).objective == ClientObjective(proximal: 0.5))
        #expect(Strategy.fedProx(mu: 0).objective == .plain)
    }

    /// Four clients, two a round. K_i η_l is 1 and 2 in round 1, 1 and 0.25 in round 2.
    ///
    /// Round 1, all c zero: c₁⁺ = (0 − (1, −1)) / 1, c₂⁺ = (0 − (−1, 3)) / 2, c = (c₁⁺ + c₂⁺) / 4.
    /// Round 2: c₂⁺ = c₂ − c + (x − y₂) / 1, c₃⁺ = 0 − c + (x − y₃) / 0.25, and c gains a quarter of
    /// what c₂ and c₃ gained.
    @Test("SCAFFOLD, option II, over two rounds with other clients")
    func scaffold() throws {
        let strategy = Strategy.scaffold()
        let control = ControlVariateUpdate.name
        let start = FederationState([0, 0])
        for client in 1...4 {
            #expect(strategy.correction(for: client, in: start)?.values == [0, 0])
        }
        let first = [
            Part(client: 1, samples: 1, model: [1, -1], work: .init(steps: 2, learningRate: 0.5)),
            Part(client: 2, samples: 3, model: [-1, 3], work: .init(steps: 4, learningRate: 0.5)),
        ]
        let one = try strategy.round(first, after: start)
        #expect(one.model.values == [-0.5, 2])
        #expect(one.values == [control: [-0.125, -0.125]])
        #expect(one.values(control) == [1: [-1, 1], 2: [0.5, -1.5]])
        #expect(strategy.correction(for: 2, in: one)?.values == [-0.625, 1.375])
        #expect(strategy.correction(for: 3, in: one)?.values == [-0.125, -0.125])

        let second = [
            Part(client: 2, model: [0.5, 1], work: .init(steps: 2, learningRate: 0.5)),
            Part(client: 3, model: [-1.5, 2], work: .init(steps: 1, learningRate: 0.25)),
        ]
        let two = try strategy.round(second, after: one)
        #expect(two.model.values == [-0.5, 1.5])
        #expect(two.values == [control: [0.6875, 0.1875]])
        #expect(
            two.values(control)
                == [1: [-1, 1], 2: [-0.375, -0.375], 3: [4.125, 0.125]])

        // The server's learning rate moves the model only.
        let half = try Strategy.scaffold(learningRate: 0.5).round(first, after: start)
        #expect(half.model.values == [-0.25, 1])
        #expect(half.vectors == one.vectors)
        #expect(half.clients == one.clients)
        #expect(Strategy.fedAvg.correction(for: 1, in: one) == nil)
    }

    /// d = (1, −2) and (1, 2) with weights ¼ and ¾, so Σ p d = (1, 1); τ_eff = (2 + 3 · 4) / 4.
    @Test("FedNova: clients of 2 and 4 steps pull alike")
    func fedNova() throws {
        let state = FederationState([1, -1])
        let parts = [
            Part(client: 1, samples: 1, model: [3, -5], work: .init(steps: 2, learningRate: 0.1)),
            Part(client: 2, samples: 3, model: [5, 7], work: .init(steps: 4, learningRate: 0.1)),
        ]
        let next = try Strategy.fedNova().round(parts, after: state)
        #expect(next == FederationState([4.5, 2.5]))
        let fast = try Strategy.fedNova(learningRate: 2).round(parts, after: state)
        #expect(fast == FederationState([8, 6]))
    }

    /// With ρ = ½, a is 1 + ½ weighted from the last step back: (¾ + ½) / ½ for two steps,
    /// (⅞ + ¾ + ½) / ½ for three; τ_eff = (2.5 + 3 · 4.25) / 4.
    @Test("FedNova with momentum")
    func fedNovaWithMomentum() throws {
        let reaches = (1...3).map {
            LocalWork(steps: $0, learningRate: 0.1, momentum: 0.5).reach
        }
        #expect(reaches == [1, 2.5, 4.25])
        #expect(LocalWork(steps: 7, learningRate: 0.1).reach == 7)
        let next = try Strategy.fedNova().round(
            [
                Part(
                    client: 1, samples: 1, model: [2.5, -5],
                    work: .init(steps: 2, learningRate: 0.1, momentum: 0.5)),
                Part(
                    client: 2, samples: 3, model: [4.25, 8.5],
                    work: .init(steps: 3, learningRate: 0.1, momentum: 0.5)),
            ], after: FederationState([0, 0]))
        #expect(next == FederationState([3.8125, 3.8125]))
    }

    @Test("What momentum's reach says is how far equal gradients carry")
    func reach() {
        for momentum in [0, 0.5, 0.9, 0.99] {
            for steps in [1, 2, 17, 300] {
                var (velocity, way) = (0.0, 0.0)
                for _ in 0..<steps {
                    velocity = momentum * velocity + 1
                    way += velocity
                }
                let reach = LocalWork(steps: steps, learningRate: 0.1, momentum: momentum).reach
                #expect(abs(reach - way) < 1e-9 * way, "\(steps) steps at \(momentum)")
            }
        }
    }

    /// v = (½, −1), x = 1 + 2 v; then v = ½ v + 1, x = x + 2 v.
    @Test("FedAvgM: β = ½, η = 2")
    func fedAvgM() throws {
        let strategy = Strategy.fedAvgM(learningRate: 2, momentum: 0.5)
        let one = try strategy.round(
            [Part(client: 1, model: [1, 0]), Part(client: 2, model: [2, 0])],
            after: FederationState([1, 1]))
        #expect(one.model.values == [2, -1])
        #expect(one.values == ["velocity v": [0.5, -1]])
        let two = try strategy.round(
            [Part(client: 1, model: [4, 0]), Part(client: 3, model: [2, 0])], after: one)
        #expect(two.model.values == [4.5, 0])
        #expect(two.values == ["velocity v": [1.25, 0.5]])
    }

    /// β₁ = ½, τ = ¾, η = 2: v = τ² + 1 = 1.25², m = ½; then v = 1.25² + 3² = 3.25², m = ¼ + 3/2.
    @Test("FedAdagrad")
    func fedAdagrad() throws {
        let strategy = Strategy.adaptive(
            ServerOptimizer(.adagrad, learningRate: 2, beta1: 0.5, tau: 0.75))
        #expect(strategy.name == "FedAdagrad")
        let one = try strategy.round(
            [Part(client: 1, model: [2, -1]), Part(client: 2, model: [0, -1])],
            after: FederationState([0, 0]))
        #expect(one.model.values == [0.5, -0.5])
        #expect(one.moments == [[0.5, -0.5], [1.5625, 1.5625]])
        let two = try strategy.round([Part(client: 1, model: [3.5, -0.5])], after: one)
        #expect(two.model.values == [1.375, -0.75])
        #expect(two.moments == [[1.75, -0.25], [10.5625, 1.5625]])
    }

    /// β₁ = ½, β₂ = ¾, τ = ½, η = 2: v = ¾ τ² + ¼ (½)² = (½)², m = ¼; then
    /// v = ¾ · ¼ + ¼ (⅛)² = (7/16)², m = ⅛ + 1/16.
    @Test("FedAdam: v is of the change itself, not of m")
    func fedAdam() throws {
        let strategy = Strategy.adaptive(
            ServerOptimizer(.adam, learningRate: 2, beta1: 0.5, beta2: 0.75, tau: 0.5))
        #expect(strategy.name == "FedAdam")
        let one = try strategy.round(
            [Part(client: 1, model: [0.5, -1]), Part(client: 2, model: [0.5, 0])],
            after: FederationState([0, 0]))
        #expect(one.model.values == [0.5, -0.5])
        #expect(one.moments == [[0.25, -0.25], [0.25, 0.25]])
        let two = try strategy.round([Part(client: 1, model: [0.625, -0.625])], after: one)
        #expect(two.moments == [[0.1875, -0.1875], [0.19140625, 0.19140625]])
        #expect(two.model.isNear([0.9, -0.9], 1e-7))
    }

    /// β₁ = ½, β₂ = ¾, τ = ½, η = 2: τ² < (¾)², so v = τ² + ¼ (¾)² = (⅝)²; then v > (¼)², so
    /// v = (⅝)² − ¼ (¼)² = ⅜.
    @Test("FedYogi: v goes up by large changes and down by small ones")
    func fedYogi() throws {
        let strategy = Strategy.adaptive(
            ServerOptimizer(.yogi, learningRate: 2, beta1: 0.5, beta2: 0.75, tau: 0.5))
        #expect(strategy.name == "FedYogi")
        let one = try strategy.round(
            [Part(client: 1, model: [1, 0.5]), Part(client: 2, model: [0.5, 0.5])],
            after: FederationState([0, 0]))
        // In the second place Δ² = τ²: there is no side to go to.
        #expect(one.moments == [[0.375, 0.25], [0.390625, 0.25]])
        #expect(one.model.isNear([2.0 / 3, 0.5], 1e-7))
        let x = one.model.values[0]
        let two = try strategy.round([Part(client: 1, model: [x + 0.25, 0.5])], after: one)
        let (m, v) = (0.1875 + 0.125, 0.375)
        #expect(two.moment(0).isNear([m, 0.125]))
        #expect(two.moment(1).isNear([v, 0.25]))
        #expect(
            two.model.isNear([2.0 / 3 + 2 * m / (v.squareRoot() + 0.5), 0.5 + 2 * 0.125 / 1]))
    }
}

extension FederationState {
    /// What the server rule keeps.
    fileprivate var values: [String: [Float]] { vectors.mapValues(\.values) }

    /// What is kept for clients under a name.
    fileprivate func values(_ name: String) -> [Int: [Float]] {
        clients.compactMapValues { $0[name]?.values }
    }

    /// m and v of an adaptive optimiser.
    fileprivate var moments: [[Float]] { [moment(0).values, moment(1).values] }

    fileprivate func moment(_ index: Int) -> ParameterVector {
        vectors[["first moment m", "second moment v"][index]] ?? ParameterVector(zeros: 0)
    }
}
