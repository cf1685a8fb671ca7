import ArgumentParser
import Datasets

/// Options and the values that each is to have: stands for all combinations of these.
package struct SweepGrid {
    /// The values by option.
    var values: [SweepOption: [SweepValue]] = [:]
    /// Where the grid was read, to begin complaints with: "grid.json, grid 2: "; empty for options.
    var place = ""

    /// Adds what was given elsewhere.
    /// - Throws: `ValidationError` where both give the same option.
    package func adding(_ other: SweepGrid) throws -> SweepGrid {
        var sum = self
        for (option, values) in other.values {
            guard sum.values[option] == nil else {
                throw ValidationError(
                    "\(place)“\(option.name)” is given there and as --\(option.name), too: "
                        + "leave one of them out")
            }
            sum.values[option] = values
        }
        return sum
    }

    /// All combinations, in the order of the table's columns: the first changes slowest, the seed
    /// fastest.
    ///
    /// A setting that only some of the grid's strategies have is left out of the others'.
    /// - Parameter common: arguments that all share.
    /// - Throws: `ValidationError` with the sentence of `run` at the first that it would refuse.
    package func combinations(common: [String]) throws -> [SweepCombination] {
        let options = values.keys.sorted { Self.rank($0) < Self.rank($1) }
        let strategies = Set((Self.strategy.flatMap { values[$0] } ?? []).map(Self.strategyName))
        var combinations: [SweepCombination] = []
        var chosen = options.map { _ in 0 }
        while true {
            var own: [(SweepOption, SweepValue)] = []
            for (option, index) in zip(options, chosen) {
                guard let value = values[option]?[index] else { continue }
                own.append((option, value))
            }
            let name = own.first(where: { $0.0 == Self.strategy }).map { Self.strategyName($0.1) }
            own.removeAll { option, _ in
                guard let name, let owners = StrategyOptions.owners[option.name] else {
                    return false
                }
                return !owners.contains(name) && !strategies.isDisjoint(with: owners)
            }
            combinations.append(try combination(own, common: common))
            // Like a counter whose last digit goes round first.
            var digit = options.count - 1
            while digit >= 0 {
                chosen[digit] += 1
                if chosen[digit] < values[options[digit]]?.count ?? 0 { break }
                chosen[digit] = 0
                digit -= 1
            }
            if digit < 0 { return combinations }
        }
    }

    private func combination(
        _ own: [(SweepOption, SweepValue)], common: [String]
    ) throws -> SweepCombination {
        do {
            return SweepCombination(
                options: try SimulationOptions.parse(common + own.flatMap(\.1.arguments)),
                values: own.map(\.1))
        } catch {
            throw ValidationError(
                place + ParserSentence.ofSweep(SimulationOptions.message(for: error)))
        }
    }

    private static let strategy = SweepOption(spelling: "strategy")

    /// FedAvg where the strategy is left at its default, or is none.
    private static func strategyName(_ value: SweepValue) -> StrategyName {
        let text = value.arguments.first?.split(separator: "=", maxSplits: 1).last
        return text.flatMap { StrategyName(argument: String($0)) } ?? .fedavg
    }

    /// Where an option stands in the order of combinations.
    private static func rank(_ option: SweepOption) -> Int {
        let names = SweepTable.settings.map(SweepOption.dashed)
        if option.name == "seed" { return names.count }
        return names.firstIndex(of: option.name) ?? names.count - 1
    }
}

/// One run of a sweep.
package struct SweepCombination {
    package let options: SimulationOptions
    /// The values that it has of the grid's options.
    let values: [SweepValue]

    /// What tells each from the others: "strategy fedprox, mu 0.1, seed 2".
    package static func words(_ combinations: [SweepCombination]) -> [String] {
        let common = combinations.dropFirst().reduce(Set(combinations.first?.values ?? [])) {
            $0.intersection($1.values)
        }
        return combinations.map { combination in
            combination.values.filter { combinations.count == 1 || !common.contains($0) }
                .map(\.words).joined(separator: ", ")
        }
    }
}
